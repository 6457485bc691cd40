/**
 * D-FINE-N, the published configuration (D-FINE, `dfine_hgnetv2_n_coco`).
 *
 *   detrain train configs/dfine-n.ts --data data/coco
 *
 * Published: COCO val2017 AP 42.8 at 640 pixels, 3.78 M parameters in training, 7 GFLOPs, 2.12 ms an image (T4, TensorRT FP16,
 * batch 1).
 * 160 epochs, batch 128 in all, mixed precision; strong augmentations to epoch 147; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 2.8e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b0 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'dfine-n',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 160,
    batchSize: 128,
    plain: 148,
    learningRate: 8e-4,
    groups: publishedGroups.small({ backbone: 4e-4 }),
  }),
});
