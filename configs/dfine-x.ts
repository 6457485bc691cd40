/**
 * D-FINE-X, the published configuration (D-FINE, `dfine_hgnetv2_x_coco`).
 *
 *   detrain train configs/dfine-x.ts --data data/coco
 *
 * Published: COCO val2017 AP 55.8 at 640 pixels, 62.62 M parameters in training, 202 GFLOPs, 12.89 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 80 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 71; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b5 --partial`: needed here, as stem and norms are frozen.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'dfine-x',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 80,
    batchSize: 32,
    plain: 72,
    multiScale: 3,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 2.5e-6 }),
    // Published, and without effect in the published code: see `emaRestart`.
    emaRestartDecay: 0.9998,
  }),
});
