/**
 * D-FINE-S from Objects365 to COCO, the published configuration (D-FINE, `dfine_hgnetv2_s_obj2coco`).
 *
 *   detrain train configs/dfine-s-obj2coco.ts --data data/coco --weights dfine-s-objects365
 *
 * Published: COCO val2017 AP 50.7 at 640 pixels, 10.32 M parameters in training, 25 GFLOPs, 3.49 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 64 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 55; one rate throughout.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch).
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-s-obj2coco',
  model: 'dfine-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 64,
    batchSize: 32,
    plain: 56,
    multiScale: 10,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.small({ backbone: 1.25e-4 }),
    warmup: 0,
    emaWarmup: 0,
  }),
});
