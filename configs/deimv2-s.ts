/**
 * DEIMv2-S on HGNetv2, the published configuration (DEIMv2, `deimv2_hgnetv2_s_coco`).
 *
 *   detrain train configs/deimv2-s.ts --data data/coco
 *
 * Published: no AP (COCO val2017, 640 pixels), 10.45 M parameters in training.
 * 132 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 63, the standard augmentations alone to 119,
 * then none; matching by p IoU^4 from 100; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 132,
    batchSize: 32,
    phases: [4, 64, 120],
    matcherSwitch: 100,
    multiScale: 20,
    learningRate: 4e-4,
    groups: publishedGroups.deimMedium({ backbone: 2e-4 }),
  }),
});
