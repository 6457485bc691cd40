/**
 * D-FINE-S on Objects365, the published configuration (D-FINE, `dfine_hgnetv2_s_obj365`).
 *
 *   detrain train configs/dfine-s-objects365.ts --data data/objects365
 *
 * Published: Objects365 validation AP 31.0 at 640 pixels, 10.69 M parameters in training, 25 GFLOPs, 3.49 ms an image (T4,
 * TensorRT FP16, batch 1).
 * 36 epochs, batch 32 in all, mixed precision; strong augmentations throughout; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some weeks of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`; 365 classes, where the published heads have a row more than there are classes.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-s-objects365',
  model: 'dfine-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 36,
    batchSize: 32,
    multiScale: 20,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.small({ backbone: 1.25e-4 }),
  }),
});
