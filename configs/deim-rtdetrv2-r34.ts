/**
 * DEIM-RT-DETRv2 R34 ("M"), the published configuration (DEIM, `deim_r34vd_120e_coco`).
 *
 *   detrain train configs/deim-rtdetrv2-r34.ts --data data/coco
 *
 * Published: COCO val2017 AP 50.9 at 640 pixels, 31.44 M parameters in training, 92 GFLOPs, 6.40 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 120 epochs, batch 16 in all, mixed precision; mosaic and mixup in epochs 4 to 63, the standard augmentations alone to 116,
 * then none; 2000 steps of warm-up, half the rate at the end.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 1e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet34-vd --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { deimRtdetrRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-rtdetrv2-r34',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRtdetrRun({
    epochs: 120,
    batchSize: 16,
    phases: [4, 64, 117],
    multiScale: 3,
    learningRate: 2e-4,
    groups: publishedGroups.deimResnet({ backbone: 1e-4 }),
  }),
});
