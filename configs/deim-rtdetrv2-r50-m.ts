/**
 * DEIM-RT-DETRv2 R50-m ("M*"), the published configuration (DEIM, `deim_r50vd_m_60e_coco`).
 *
 *   detrain train configs/deim-rtdetrv2-r50-m.ts --data data/coco
 *
 * Published: COCO val2017 AP 53.2 at 640 pixels, 33.20 M parameters in training, 100 GFLOPs, 6.90 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 60 epochs, batch 16 in all, mixed precision; mosaic and mixup in epochs 4 to 33, the standard augmentations alone to 57, then
 * none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 1e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet50-vd --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRtdetrRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-rtdetrv2-r50-m',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRtdetrRun({
    epochs: 60,
    batchSize: 16,
    phases: [4, 34, 58],
    multiScale: 3,
    learningRate: 2e-4,
    groups: publishedGroups.deimResnet({ backbone: 2e-5 }),
  }),
});
