/**
 * DEIM-D-FINE-M, the published configuration (DEIM, `deim_hgnetv2_m_coco`).
 *
 *   detrain train configs/deim-dfine-m.ts --data data/coco
 *
 * Published: COCO val2017 AP 52.7 at 640 pixels, 19.59 M parameters in training, 57 GFLOPs, 5.62 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 102 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 48, the standard augmentations alone to 89,
 * then none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b2 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-m',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 102,
    batchSize: 32,
    phases: [4, 49, 90],
    multiScale: 6,
    learningRate: 4e-4,
    groups: publishedGroups.deimMedium({ backbone: 4e-5 }),
  }),
});
