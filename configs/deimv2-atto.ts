/**
 * DEIMv2-Atto, the published configuration (DEIMv2, `deimv2_hgnetv2_atto_coco`).
 *
 *   detrain train configs/deimv2-atto.ts --data data/coco
 *
 * Published: COCO val2017 AP 23.8 at 320 pixels, 0.51 M parameters in training, 0.8 GFLOPs, 1.10 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 500 epochs, batch 128 in all, mixed precision; mosaic in epochs 4 to 249, the standard augmentations alone to 399, then none;
 * matching by p IoU^4 from 450; 4000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 7.1e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2LiteRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-atto',
  inputSize: 320,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2LiteRun({
    size: 'atto',
    epochs: 500,
    batchSize: 128,
    phases: [4, 250, 400],
    restart: 468,
    matcherSwitch: 450,
    learningRate: 2e-3,
    groups: publishedGroups.atto({ backbone: 1e-3 }),
  }),
});
