/**
 * DEIM-D-FINE-L, the published configuration (DEIM, `deim_hgnetv2_l_coco`).
 *
 *   detrain train configs/deim-dfine-l.ts --data data/coco
 *
 * Published: COCO val2017 AP 54.7 at 640 pixels, 31.29 M parameters in training, 91 GFLOPs, 8.07 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 58 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 28, the standard augmentations alone to 49, then
 * none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2.5e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b4 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 58,
    batchSize: 32,
    phases: [4, 29, 50],
    multiScale: 4,
    learningRate: 5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 2.5e-5 }),
  }),
});
