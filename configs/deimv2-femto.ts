/**
 * DEIMv2-Femto, the published configuration (DEIMv2, `deimv2_hgnetv2_femto_coco`).
 *
 *   detrain train configs/deimv2-femto.ts --data data/coco
 *
 * Published: COCO val2017 AP 31.0 at 416 pixels, 0.98 M parameters in training, 500 epochs, batch 128 in all, mixed precision.
 * Not reproduced here: this needs some days of a GPU. The published backbone begins with ImageNet weights of HGNetv2-B0
 * where they fit; without --weights everything begins fresh.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Lite } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-femto',
  inputSize: 416,
  epochs: 500,
  batchSize: 128,
  // Mosaic on half of the images from epoch 4 to 250, plain from 400, matching by p IoU^4 from 450: all as shares of the run.
  recipe: deimv2Lite({
    size: 'femto',
    detections: 150,
    denseO2O: { copyBlendProbability: 0 },
    switchAt: { progress: 450 / 500 },
  }),
  optimizer: {
    learningRate: 1.6e-3,
    weightDecay: 1e-4,
    clip: 0.1,
    // As published, quirk included: no backbone name of HGNetv2 fits the second pattern, so its batch norms decay.
    groups: [
      { match: /^(?=.*backbone)(?!.*norm|bn).*$/, learningRate: 8e-4 },
      { match: /^(?=.*backbone)(?=.*norm|bn).*$/, learningRate: 8e-4, weightDecay: 0 },
      { match: /^(?=.*(?:encoder|decoder))(?=.*(?:norm|bn|bias)).*$/, weightDecay: 0 },
    ],
  },
  schedule: { warmup: 4000, flat: 250 / 500, tail: 32 / 500, floor: 0.5 },
  ema: { decay: 0.9999, warmup: 1000 },
  emaRestart: 'official-noop',
  emaRestartAt: 468 / 500,
});
