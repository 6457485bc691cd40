/**
 * D-FINE-M from Objects365 to COCO, the published configuration (D-FINE, `dfine_hgnetv2_m_obj2coco`).
 *
 *   detrain train configs/dfine-m-obj2coco.ts --data data/coco --weights dfine-m-objects365
 *
 * Published: COCO val2017 AP 55.1 at 640 pixels, 19.59 M parameters in training, 57 GFLOPs, 5.62 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 56 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 47; one rate throughout.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch).
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-m-obj2coco',
  model: 'dfine-m',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 56,
    batchSize: 32,
    plain: 48,
    multiScale: 6,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.small({ backbone: 2.5e-5 }),
    warmup: 0,
    emaWarmup: 0,
  }),
});
