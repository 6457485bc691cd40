/**
 * DEIM-D-FINE-N, the published configuration (DEIM, `deim_hgnetv2_n_coco`).
 *
 *   detrain train configs/deim-dfine-n.ts --data data/coco
 *
 * Published: COCO val2017 AP 43.0 at 640 pixels, 3.78 M parameters in training, 7 GFLOPs, 2.12 ms an image (T4, TensorRT FP16,
 * batch 1).
 * 160 epochs, batch 128 in all, mixed precision; mosaic and mixup in epochs 4 to 77, the standard augmentations alone to 147,
 * then none; 2000 steps of warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 2.8e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-n',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 160,
    batchSize: 128,
    phases: [4, 78, 148],
    learningRate: 8e-4,
    groups: publishedGroups.small({ backbone: 4e-4 }),
    // `lr_gamma: 1`: constant after the warm-up.
    floor: 1,
  }),
});
