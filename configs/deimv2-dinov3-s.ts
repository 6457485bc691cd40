/**
 * DEIMv2-S on DINOv3, the published configuration (DEIMv2, `deimv2_dinov3_s_coco`).
 *
 *   detrain train configs/deimv2-dinov3-s.ts --data data/coco
 *
 * Published: COCO val2017 AP 50.9 at 640 pixels, 9.78 M parameters in training, 25.6 GFLOPs, 5.78 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 132 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 63, the standard augmentations alone to 119,
 * then none; matching by p IoU^4 from 100; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2.5e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone (ViT-Ti distilled from
 * DINOv3) unless in --weights; the model normalises its images itself.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-dinov3-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 132,
    batchSize: 32,
    phases: [4, 64, 120],
    matcherSwitch: 100,
    multiScale: 20,
    learningRate: 5e-4,
    groups: publishedGroups.dinov3({ backbone: 2.5e-5 }),
  }),
});
