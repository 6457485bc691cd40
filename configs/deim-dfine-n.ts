/**
 * DEIM-D-FINE-N, the published configuration (DEIM, `deim_hgnetv2_n_coco`).
 *
 *   detrain train configs/deim-dfine-n.ts --data data/coco
 *
 * Published: COCO val2017 AP 43.0 at 640 pixels, 3.78 M parameters, 160 epochs, 4 GPUs, batch 128 in all, mixed precision.
 * Not reproduced here: this needs some days of a GPU. With a smaller batch scale the rates: `--batch 16 --lr 2.8e-4`.
 * Differences: float32 throughout, one process (so batch norms see the whole batch), no pretrained backbone unless --weights.
 */
import { defineConfig } from '@detrain/cli';
import { deim } from '@detrain/recipes';

export default defineConfig({
  model: 'deim-dfine-n',
  inputSize: 640,
  epochs: 160,
  batchSize: 128,
  // Mosaic and mixup from epoch 4 to 78, plain from 148: as shares, so that --epochs keeps the proportions.
  recipe: deim(),
  optimizer: {
    learningRate: 8e-4,
    weightDecay: 1e-4,
    clip: 0.1,
    // As published, quirk included: no backbone name of HGNetv2 fits the second pattern, so its batch norms decay.
    groups: [
      { match: /^(?=.*backbone)(?!.*norm|bn).*$/, learningRate: 4e-4 },
      { match: /^(?=.*backbone)(?=.*norm|bn).*$/, learningRate: 4e-4, weightDecay: 0 },
      { match: /^(?=.*(?:encoder|decoder))(?=.*(?:norm|bn|bias)).*$/, weightDecay: 0 },
    ],
  },
  // `flat_epoch: 7800` and `lr_gamma: 1.0` mean: constant after the warm-up.
  schedule: { kind: 'constant', warmup: 2000 },
  ema: { decay: 0.9999, warmup: 1000 },
  emaRestart: 'official-noop',
  emaRestartAt: 148 / 160,
});
