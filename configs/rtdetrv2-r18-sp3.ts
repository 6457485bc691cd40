/**
 * RT-DETRv2 R18 with 3 sampling points a level, the published configuration (RT-DETRv2, `rtdetrv2_r18vd_sp3_120e_coco`).
 *
 *   detrain train configs/rtdetrv2-r18-sp3.ts --data data/coco
 *
 * Published: COCO val2017 AP 47.8 at 640 pixels, 20.13 M parameters in training.
 * 120 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 116; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet18-vd --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { zoo } from '@detrain/models';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  name: 'rtdetrv2-r18-sp3',
  model: ({ numClasses, inputSize: [width, height] }) =>
    zoo['rtdetrv2-r18']({ numClasses, inputSize: [height, width], points: 3 }),
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 120,
    batchSize: 16,
    plain: 117,
    learningRate: 1e-4,
    groups: publishedGroups.resnet18(),
  }),
});
