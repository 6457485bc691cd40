/**
 * DEIMv2-L on HGNetv2, the published configuration (DEIMv2, `deimv2_hgnetv2_l_coco`).
 *
 *   detrain train configs/deimv2-l.ts --data data/coco
 *
 * Published: no AP (COCO val2017, 640 pixels), 31.09 M parameters in training.
 * 58 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 28, the standard augmentations alone to 49, then
 * none; matching by p IoU^4 from 45; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2.5e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b4 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 58,
    batchSize: 32,
    phases: [4, 29, 50],
    matcherSwitch: 45,
    multiScale: 4,
    learningRate: 5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 2.5e-5 }),
  }),
});
