/**
 * D-FINE-N on Objects365, the published configuration (D-FINE, `dfine_hgnetv2_n_obj365`).
 *
 *   detrain train configs/dfine-n-objects365.ts --data data/objects365
 *
 * Published: no AP (Objects365 validation, 640 pixels), 3.97 M parameters in training, 7 GFLOPs, 2.12 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 48 epochs, batch 128 in all, mixed precision; strong augmentations throughout; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some weeks of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 2.8e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`; 365 classes, where the published heads have a row more than there are classes.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-n-objects365',
  model: 'dfine-n',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 48,
    batchSize: 128,
    learningRate: 8e-4,
    groups: publishedGroups.small({ backbone: 4e-4 }),
  }),
});
