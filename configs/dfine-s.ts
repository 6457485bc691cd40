/**
 * D-FINE-S, the published configuration (D-FINE, `dfine_hgnetv2_s_coco`).
 *
 *   detrain train configs/dfine-s.ts --data data/coco
 *
 * Published: COCO val2017 AP 48.5 at 640 pixels (48.7 in DEIM's table), 10.32 M parameters in training, 25 GFLOPs, 3.49 ms an
 * image (T4, TensorRT FP16, batch 1).
 * 132 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 119; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'dfine-s',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 132,
    batchSize: 32,
    plain: 120,
    multiScale: 20,
    learningRate: 2e-4,
    groups: publishedGroups.small({ backbone: 1e-4 }),
  }),
});
