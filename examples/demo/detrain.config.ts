/**
 * The demo: DEIM (Dense O2O off, MAL on) on the smallest DEIMv2, from scratch, on scenes of handwritten digits.
 *
 *   npx -y pnpm@10.34.9 demo
 */
import { defineConfig } from '@detrain/cli';
import { contrastiveDenoising } from '@detrain/denoising';
import { compose, deimv2Lite, knownQueries } from '@detrain/recipes';

export default defineConfig(() => {
  const recipe = compose(
    deimv2Lite({ denseO2O: false, switchAt: false, detections: 100 }),
    // Five digits a scene at most: a fraction of the published queries is enough.
    knownQueries(contrastiveDenoising({ count: 10, maxTargets: 10 })),
  );
  return {
    name: 'demo',
    model: { name: 'deimv2-atto', numQueries: 20 },
    inputSize: 128,
    batchSize: 16,
    epochs: 8,
    // A mirrored digit is another digit, and scenes are drawn, not collected: variety comes from drawing more of them.
    recipe: { ...recipe, augmentations: [] },
    optimizer: { learningRate: 2e-3, backboneLearningRate: 2e-3 },
    schedule: { warmup: 0.05, flat: 0.5, tail: 0.05, floor: 0.05 },
    ema: { decay: 0.995, warmup: 100 },
    evaluateEvery: 2,
  };
});
