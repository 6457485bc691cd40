/**
 * DEIMv2-N, the published configuration (DEIMv2, `deimv2_hgnetv2_n_coco`).
 *
 *   detrain train configs/deimv2-n.ts --data data/coco
 *
 * Published: COCO val2017 AP 43.0 at 640 pixels, 3.60 M parameters in training, 6.8 GFLOPs, 2.32 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 160 epochs, batch 32 in all, a quarter of the batch of N of DEIM, mixed precision; mosaic and mixup in epochs 4 to 77, the
 * standard augmentations alone to 147, then none; matching by p IoU^4 from 136; 2000 steps of warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 4e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-n',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 160,
    batchSize: 32,
    phases: [4, 78, 148],
    matcherSwitch: 136,
    copyBlend: { probability: 0.4, until: 'standard' },
    learningRate: 8e-4,
    groups: publishedGroups.small({ backbone: 4e-4 }),
    // `lr_gamma: 1`: constant after the warm-up.
    floor: 1,
  }),
});
