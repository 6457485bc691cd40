/**
 * DEIM-D-FINE-X from Objects365 to COCO, the published configuration (DEIM, `deim_hgnetv2_x_obj2coco_24e`).
 *
 *   detrain train configs/deim-dfine-x-obj2coco.ts --data data/coco --weights deim-dfine-x-objects365
 *
 * Published: COCO val2017 AP 59.5 at 640 pixels, 62.62 M parameters in training, 202 GFLOPs, 12.89 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 24 epochs, batch 32 in all, mixed precision; mosaic and mixup in epochs 2 to 11, the standard augmentations alone to 19, then
 * none; one rate throughout.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch). The model is D-FINE-X itself: ReLU in the
 * decoder, stem and batch norms frozen.
 */
import { defineConfig } from '@detrain/cli';
import { deimRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'deim-dfine-x-obj2coco',
  model: 'dfine-x',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...deimRun({
    epochs: 24,
    batchSize: 32,
    phases: [2, 12, 20],
    multiScale: 3,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 2.5e-6 }),
    warmup: 0,
    // `lr_gamma: 1`: constant.
    floor: 1,
    emaWarmup: 0,
  }),
});
