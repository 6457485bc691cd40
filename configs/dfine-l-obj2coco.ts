/**
 * D-FINE-L from Objects365 to COCO, the published configuration (D-FINE, `dfine_hgnetv2_l_obj2coco`).
 *
 *   detrain train configs/dfine-l-obj2coco.ts --data data/coco --weights dfine-l-objects365
 *
 * Published: COCO val2017 AP 57.3 at 640 pixels, 31.24 M parameters in training, 91 GFLOPs, 8.07 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 36 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 29; one rate throughout.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch).
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-l-obj2coco',
  model: 'dfine-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 36,
    batchSize: 32,
    plain: 30,
    multiScale: 4,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 1.25e-5 }),
    warmup: 0,
    emaWarmup: 0,
  }),
});
