/**
 * DEIM-D-FINE-X, the published configuration (DEIM, `deim_hgnetv2_x_coco`).
 *
 *   detrain train configs/deim-dfine-x.ts --data data/coco
 *
 * Published: COCO val2017 AP 56.5 at 640 pixels, 62.72 M parameters in training, 202 GFLOPs, 12.89 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 58 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 28, the standard augmentations alone to 49, then
 * none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2.5e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b5 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-x',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 58,
    batchSize: 32,
    phases: [4, 29, 50],
    multiScale: 3,
    learningRate: 5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 5e-6 }),
    // Published, and without effect in the published code: see `emaRestart`.
    emaRestartDecay: 0.9998,
  }),
});
