/**
 * D-FINE-L, the published configuration (D-FINE, `dfine_hgnetv2_l_coco`).
 *
 *   detrain train configs/dfine-l.ts --data data/coco
 *
 * Published: COCO val2017 AP 54.0 at 640 pixels, 31.24 M parameters in training, 91 GFLOPs, 8.07 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 80 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 71; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1.3e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b4 --partial`: needed here, as stem and norms are frozen.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'dfine-l',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 80,
    batchSize: 32,
    plain: 72,
    multiScale: 4,
    learningRate: 2.5e-4,
    weightDecay: 1.25e-4,
    groups: publishedGroups.large({ backbone: 1.25e-5 }),
  }),
});
