/**
 * RT-DETRv2 R34 with discrete sampling, the published configuration (RT-DETRv2, `rtdetrv2_r34vd_dsp_1x_coco`).
 *
 *   detrain train configs/rtdetrv2-r34-dsp.ts --data data/coco --weights rtdetrv2-r34
 *
 * Published: COCO val2017 AP 49.2 at 640 pixels, 31.44 M parameters in training.
 * 12 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 9; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch).
 */
import { defineConfig } from '@detrain/cli';
import { zoo } from '@detrain/models';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  name: 'rtdetrv2-r34-dsp',
  model: ({ numClasses, inputSize: [width, height] }) =>
    zoo['rtdetrv2-r34']({ numClasses, inputSize: [height, width], sampling: 'discrete' }),
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 12,
    batchSize: 16,
    plain: 10,
    multiScale: 3,
    learningRate: 1e-4,
    groups: publishedGroups.small({ backbone: 5e-5 }),
  }),
});
