/**
 * D-FINE-L on Objects365, the published configuration (D-FINE, `dfine_hgnetv2_l_obj365`).
 *
 *   detrain train configs/dfine-l-objects365.ts --data data/objects365
 *
 * Published: Objects365 validation AP 44.7 at 640 pixels (after 25 epochs), 31.83 M parameters in training, 91 GFLOPs, 8.07 ms
 * an image (T4, TensorRT FP16, batch 1).
 * 24 epochs, batch 32 in all, mixed precision; strong augmentations throughout; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some weeks of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b4 --partial`: needed here, as stem and norms are frozen; 365 classes, where the published heads have a row more than
 * there are classes.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  name: 'dfine-l-objects365',
  model: 'dfine-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 24,
    batchSize: 32,
    multiScale: 4,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 1.25e-5 }),
  }),
});
