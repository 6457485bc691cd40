import { contrastiveDenoising } from '@detrain/denoising';
import { defineConfig } from '@detrain/cli';
import { zoo } from '@detrain/models';
import { compose, deimv2Lite, knownQueries } from '@detrain/recipes';

export default defineConfig(({ smoke }) => ({
  name: 'demo',
  model: ({ numClasses, inputSize }) => zoo['deimv2-atto']({ numClasses, inputSize, numQueries: 40 }),
  inputSize: 160,
  batchSize: 16,
  epochs: smoke ? 1 : 12,
  recipe: () =>
    compose(deimv2Lite({ augmentation: { minSize: 2 } }), knownQueries(contrastiveDenoising({ count: 20, maxTargets: 20 }))),
}));
