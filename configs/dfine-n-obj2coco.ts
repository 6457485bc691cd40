/**
 * D-FINE-N from Objects365 to COCO, the published configuration (D-FINE, `dfine_hgnetv2_n_obj2coco`).
 *
 *   detrain train configs/dfine-n-obj2coco.ts --data data/coco --weights RUN
 *
 * Published: no AP (COCO val2017, 640 pixels), 3.78 M parameters in training, 7 GFLOPs, 2.12 ms an image (T4, TensorRT FP16,
 * batch 1).
 * 64 epochs, batch 128 in all, mixed precision; strong augmentations to epoch 55; one rate throughout.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 2.8e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch). RUN is one of dfine-n-objects365.ts: its
 * authors publish no weights of it.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-n-obj2coco',
  model: 'dfine-n',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 64,
    batchSize: 128,
    plain: 56,
    learningRate: 8e-4,
    groups: publishedGroups.small({ backbone: 4e-4 }),
    warmup: 0,
    emaWarmup: 0,
  }),
});
