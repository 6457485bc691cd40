/**
 * Blood cells (BCCD: 205 training images, 3 classes) from scratch, on two CPU cores.
 *
 *   detrain train configs/bccd-atto.ts --data data/bccd
 *
 * Everything that the published configurations count in steps is a share of the run here: 205 images make few steps.
 */
import { defineConfig } from '@detrain/cli';
import { contrastiveDenoising } from '@detrain/denoising';
import { compose, deimv2Lite, knownQueries } from '@detrain/recipes';

export default defineConfig({
  name: 'bccd-atto',
  // At most some 30 cells an image: fewer queries than the published 100 make a step cheaper and lose nothing.
  model: { name: 'deimv2-atto', numQueries: 60 },
  inputSize: 256,
  epochs: 90,
  batchSize: 8,
  recipe: compose(
    deimv2Lite({
      size: 'atto',
      detections: 100,
      // Platelets are some 14 pixels wide at 256, and half of that in a mosaic: the published 12 would drop them.
      augmentation: { minSize: 3 },
      denseO2O: { policy: { unit: 'fraction', boundaries: [0.03, 0.5, 0.85] }, copyBlendProbability: 0 },
      switchAt: false,
    }),
    knownQueries(contrastiveDenoising({ count: 40, maxTargets: 40 })),
  ),
  // A backbone that starts from nothing learns at the full rate.
  optimizer: { learningRate: 2e-3, backboneLearningRate: 2e-3, weightDecay: 1e-4 },
  schedule: { warmup: 0.03, flat: 0.5, tail: 0.05, floor: 0.05 },
  ema: { decay: 0.995, warmup: 100 },
  evaluateEvery: 10,
  // The set has two boxes without area.
  onProblem: 'repair',
});
