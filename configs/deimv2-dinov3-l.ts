/**
 * DEIMv2-L on DINOv3, the published configuration (DEIMv2, `deimv2_dinov3_l_coco`).
 *
 *   detrain train configs/deimv2-dinov3-l.ts --data data/coco
 *
 * Published: COCO val2017 AP 56.0 at 640 pixels, 32.55 M parameters in training, 96.7 GFLOPs, 10.47 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 68 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 4 to 33, the standard augmentations alone to 59, then
 * none; matching by p IoU^4 from 50; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 2.5e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone (ViT-S of DINOv3)
 * unless in --weights; the model normalises its images itself.
 */
import { defineConfig } from '@detrain/cli';
import { deimv2Run, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deimv2-dinov3-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimv2Run({
    epochs: 68,
    batchSize: 32,
    phases: [4, 34, 60],
    matcherSwitch: 50,
    multiScale: 3,
    learningRate: 5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.dinov3({ backbone: 1.25e-5 }),
  }),
});
