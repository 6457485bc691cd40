/**
 * DEIM-D-FINE-S, the published configuration (DEIM, `deim_hgnetv2_s_coco`).
 *
 *   detrain train configs/deim-dfine-s.ts --data data/coco
 *
 * Published: COCO val2017 AP 49.0 at 640 pixels, 10.32 M parameters in training, 25 GFLOPs, 3.49 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 132 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 63, the standard augmentations alone to 119,
 * then none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 132,
    batchSize: 32,
    phases: [4, 64, 120],
    multiScale: 20,
    learningRate: 4e-4,
    groups: publishedGroups.deimMedium({ backbone: 2e-4 }),
  }),
});
