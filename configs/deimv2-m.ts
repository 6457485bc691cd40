/**
 * DEIMv2-M on HGNetv2, the published configuration (DEIMv2, `deimv2_hgnetv2_m_coco`).
 *
 *   detrain train configs/deimv2-m.ts --data data/coco
 *
 * Published: no AP (COCO val2017, 640 pixels), 18.87 M parameters in training.
 * 102 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 48, the standard augmentations alone to 89,
 * then none; matching by p IoU^4 from 80; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b2 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-m',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 102,
    batchSize: 32,
    phases: [4, 49, 90],
    matcherSwitch: 80,
    multiScale: 6,
    learningRate: 4e-4,
    groups: publishedGroups.deimMedium({ backbone: 4e-5 }),
  }),
});
