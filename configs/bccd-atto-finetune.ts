/**
 * Blood cells (BCCD: 205 training images, 3 classes) from weights trained on COCO, on two CPU cores.
 *
 *   detrain train configs/bccd-atto-finetune.ts --data data/bccd --weights deimv2_hgnetv2_atto_coco.onnx
 *
 * The twin of bccd-atto.ts, which begins with nothing: the same model, batch and split, so that both curves compare step by step
 * (`step` of the validation lines of metrics.jsonl). Fewer epochs, at the size that the weights were trained at.
 */
import { during, iouCrop, photometricDistort, sequence, zoomOut } from '@detrain/augment';
import { defineConfig } from '@detrain/cli';
import { plainAugmentations } from '@detrain/dense-o2o';
import { deimv2Lite } from '@detrain/recipes';

export default defineConfig({
  name: 'bccd-atto-finetune',
  model: { name: 'deimv2-atto', numQueries: 60 },
  // Nearly the photographs' 4:3, and a fifth cheaper than the square.
  inputSize: [320, 256],
  epochs: 50,
  batchSize: 8,
  recipe: {
    ...deimv2Lite({
      size: 'atto',
      detections: 100,
      denseO2O: false,
      denoising: { count: 40, maxTargets: 40 },
      switchAt: false,
    }),
    // Gentle: pretrained features need no mosaics, and cells far smaller than the set's own teach nothing.
    augmentations: [
      during(
        { unit: 'fraction', to: 0.85 },
        sequence(
          photometricDistort(),
          zoomOut({ sideRange: [1, 1.5] }),
          iouCrop({ scale: [0.5, 1], probability: 0.5 }),
        ),
      ),
      ...plainAugmentations({ minSize: 3 }),
    ],
  },
  // Edges and colours are the same everywhere, and the stem is the costliest part to learn.
  freeze: ['backbone.stem'],
  // An ONNX file has lost its batch norms' statistics: they are measured on this data first, so those of each batch can be used.
  batchNorm: 'batch',
  optimizer: { learningRate: 1e-3, backboneLearningRate: 5e-4, weightDecay: 1e-4 },
  schedule: { warmup: 0.05, flat: 0.5, tail: 0.1, floor: 0.05 },
  ema: { decay: 0.99, warmup: 50 },
  evaluateEvery: 5,
  // The set has two boxes without area.
  onProblem: 'repair',
});
