/**
 * RT-DETRv2 R50-m with discrete sampling, the published configuration (RT-DETRv2, `rtdetrv2_r50vd_m_dsp_3x_coco`).
 *
 *   detrain train configs/rtdetrv2-r50-m-dsp.ts --data data/coco --weights rtdetrv2-r50-m
 *
 * Published: COCO val2017 AP 51.4 at 640 pixels, 36.59 M parameters in training.
 * 36 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 32; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch).
 */
import { defineConfig } from '@detrain/cli';
import { zoo } from '@detrain/models';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  name: 'rtdetrv2-r50-m-dsp',
  model: ({ numClasses, inputSize: [width, height] }) =>
    zoo['rtdetrv2-r50-m']({ numClasses, inputSize: [height, width], sampling: 'discrete' }),
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 36,
    batchSize: 16,
    plain: 33,
    multiScale: 3,
    learningRate: 1e-4,
    groups: publishedGroups.resnet({ backbone: 1e-5 }),
  }),
});
