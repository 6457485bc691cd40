/**
 * RT-DETRv2 R18 ("S"), the published configuration (RT-DETRv2, `rtdetrv2_r18vd_120e_coco`).
 *
 *   detrain train configs/rtdetrv2-r18.ts --data data/coco
 *
 * Published: COCO val2017 AP 48.1 at 640 pixels (47.9 in DEIM's table), 20.18 M parameters in training, 60 GFLOPs, 217 images a
 * second (T4, TensorRT FP16, batch 1).
 * 120 epochs, batch 16 in all, mixed precision; strong augmentations to epoch 116; 2000 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 4 --lr 5e-5`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * resnet18-vd --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { publishedGroups, rtdetrRun } from '@detrain/recipes';

export default defineConfig({
  model: 'rtdetrv2-r18',
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
