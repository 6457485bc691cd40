/**
 * RT-DETRv2 R101 ("X"), the published configuration (RT-DETRv2, `rtdetrv2_r101vd_6x_coco`).
 *
 *   detrain train configs/rtdetrv2-r101.ts --data data/coco
 *
 * Published: COCO val2017 AP 54.3 at 640 pixels, 76.56 M parameters in training, 259 GFLOPs, 74 images a second (T4, TensorRT
 * FP16, batch 1).
 * 72 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 70; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet101-vd --partial`: needed here, as stem and norms are frozen.
 */
import { defineConfig } from '@detrain/cli';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  model: 'rtdetrv2-r101',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 72,
    batchSize: 16,
    plain: 71,
    multiScale: 3,
    learningRate: 1e-4,
    groups: publishedGroups.large({ backbone: 1e-6 }),
  }),
});
