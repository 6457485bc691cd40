/**
 * RT-DETRv2 HGNetv2-L, the published configuration (RT-DETRv2, `rtdetrv2_hgnetv2_l_6x_coco`).
 *
 *   detrain train configs/rtdetrv2-hgnet-l.ts --data data/coco
 *
 * Published: COCO val2017 AP 52.9 at 640 pixels, 32.93 M parameters in training, 114 images a second (T4, TensorRT FP16, batch
 * 1).
 * 72 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 70; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone: needed here, as stem
 * and norms are frozen, so begin with `--weights rtdetrv2-hgnet-l`.
 */
import { defineConfig } from '@detrain/cli';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  model: 'rtdetrv2-hgnet-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...rtdetrRun({
    epochs: 72,
    batchSize: 16,
    plain: 71,
    multiScale: 3,
    learningRate: 1e-4,
    groups: publishedGroups.large({ backbone: 5e-6 }),
  }),
});
