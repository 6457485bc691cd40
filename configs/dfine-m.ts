/**
 * D-FINE-M, the published configuration (D-FINE, `dfine_hgnetv2_m_coco`).
 *
 *   detrain train configs/dfine-m.ts --data data/coco
 *
 * Published: COCO val2017 AP 52.3 at 640 pixels, 19.59 M parameters in training, 57 GFLOPs, 5.62 ms an image (T4, TensorRT
 * FP16, batch 1).
 * 132 epochs, batch 32 in all, mixed precision; strong augmentations to epoch 119; 500 steps of linear warm-up, then one rate.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 8 --lr 1e-4`.
 * Differences: float32 throughout, one process (batch norms see the whole batch), no pretrained backbone unless `--weights
 * hgnetv2-b2 --partial`.
 */
import { defineConfig } from '@detrain/cli';
import { dfineRun, publishedGroups } from '@detrain/recipes';

export default defineConfig({
  model: 'dfine-m',
  inputSize: 640,
  // Epochs and phases become shares of the run, so that --epochs keeps the proportions.
  ...dfineRun({
    epochs: 132,
    batchSize: 32,
    plain: 120,
    multiScale: 6,
    learningRate: 2e-4,
    groups: publishedGroups.small({ backbone: 2e-5 }),
  }),
});
