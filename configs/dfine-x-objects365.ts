/**
 * D-FINE-X on Objects365, the published configuration (D-FINE, `dfine_hgnetv2_x_obj365`).
 *
 *   detrain train configs/dfine-x-objects365.ts --data data/objects365
 *
 * Published: Objects365 validation AP 49.5 at 640 pixels, 63.21 M parameters in training, 202 GFLOPs, 12.89 ms an image (T4,
 * TensorRT FP16, batch 1).
 * 24 epochs, batch 32 in all, mixed precision; strong augmentations throughout; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some weeks of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b5 --partial`: needed here, as stem and norms are frozen; 365 classes, where the published heads have a row more than
 * there are classes.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-x-objects365',
  model: 'dfine-x',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 24,
    batchSize: 32,
    multiScale: 3,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 2.5e-6 }),
  }),
});
