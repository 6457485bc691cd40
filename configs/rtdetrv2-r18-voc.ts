/**
 * RT-DETRv2 R18 on Pascal VOC, the published configuration (RT-DETRv2, `rtdetrv2_r18vd_120e_voc`).
 *
 *   detrain train configs/rtdetrv2-r18-voc.ts --data data/voc
 *
 * Published: no AP (Pascal VOC, 640 pixels), 20.11 M parameters in training.
 * 120 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 116; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet18-vd --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  name: 'rtdetrv2-r18-voc',
  model: 'rtdetrv2-r18',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 120,
    batchSize: 32,
    plain: 117,
    learningRate: 1e-4,
    groups: publishedGroups.resnet18(),
  }),
});
