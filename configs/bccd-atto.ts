/**
 * Blood cells (BCCD: 205 training images, 3 classes) from scratch, on two CPU cores.
 *
 *   detrain train configs/bccd-atto.ts --data data/bccd
 *
 * Everything that the published configurations count in steps is a share of the run here: 205 images make few steps.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Lite } from '@detrain/recipes';

export default defineConfig({
  name: 'bccd-atto',
  model: 'deimv2-atto',
  inputSize: 320,
  epochs: 60,
  batchSize: 8,
  recipe: deimv2Lite({
    size: 'atto',
    detections: 100,
    // Platelets are some 18 pixels wide at 320, and half of that in a mosaic: the published 12 would drop them.
    augmentation: { minSize: 4 },
    denseO2O: { policy: { unit: 'fraction', boundaries: [0.05, 0.5, 0.85] }, copyBlendProbability: 0 },
    switchAt: false,
  }),
  optimizer: { learningRate: 8e-4, backboneLearningRate: 8e-4, weightDecay: 1e-4 },
  schedule: { warmup: 0.05, flat: 0.5, tail: 0.1, floor: 0.2 },
  evaluateEvery: 5,
});
