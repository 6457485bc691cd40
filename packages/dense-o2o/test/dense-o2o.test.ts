import { createRng, type Sample } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { describe, expect, it } from 'vitest';
import {
  denseO2O,
  matchabilityAware,
  officialPolicies,
  phaseAt,
  resolvePolicy,
  standardAugmentations,
  standardBatchAugmentations,
} from '../src/index.ts';

const loss = (name: string) => ({ weight: 2, loss: { name, options: {}, set: 'own', compute: () => null } });
const recipe = {
  name: 'base',
  losses: [loss('vfl'), loss('l1')],
  augmentations: [],
  batchAugmentations: [],
} as unknown as Recipe;

const sample = (id: string): Sample => ({
  id,
  image: { width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) },
  targets: { boxes: Float32Array.of(0.5, 0.5, 0.5, 0.5), labels: Int32Array.of(1) },
  originalSize: [60, 40],
});

describe('denseO2O', () => {
  it('is JSON in name and options, so that a run can record it', () => {
    const { augmentations, batchAugmentations } = denseO2O({ multiScale: 4, copyBlendProbability: 0.4 })(recipe);
    const described = [...augmentations, ...batchAugmentations].map(({ name, options }) => ({ name, options }));
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    expect(JSON.stringify(described)).toContain('"mosaic"');
  });

  it('keeps assignment and losses', () => {
    expect(denseO2O()(recipe).losses).toBe(recipe.losses);
  });

  it('gives more objects an image in the dense phase than after it', async () => {
    const { augmentations, batchAugmentations } = denseO2O()(recipe);
    const count = async (progress: number) => {
      let total = 0;
      for (let i = 0; i < 12; i++) {
        const rng = createRng(i);
        const context = { rng, epoch: 0, progress, size: [64, 64] as const, draw: () => sample('other') };
        let current: readonly Sample[] = await Promise.all(
          ['a', 'b'].map(async (id) => {
            let s = sample(id);
            for (const a of augmentations) s = await a.apply(s, context);
            return s;
          }),
        );
        for (const a of batchAugmentations) current = a.applyBatch(current, context);
        total += current.reduce((sum, { targets }) => sum + targets.labels.length, 0);
      }
      return total / 24;
    };
    expect(await count(0)).toBe(1);
    expect(await count(0.3)).toBeGreaterThan(1.8);
    expect(await count(0.6)).toBeLessThanOrEqual(1);
    expect(await count(0.95)).toBe(1);
  });

  it('has fractions in the proportion of the published epochs', () => {
    const policy = resolvePolicy();
    for (let epoch = 0; epoch < 160; epoch++)
      expect(phaseAt(policy, { epoch, progress: epoch / 160 })).toBe(
        phaseAt(officialPolicies['deim-dfine-n'], { epoch, progress: 0 }),
      );
  });

  it('ends copies with the standard phase, or with the mosaics', () => {
    const withCopies = (options: Parameters<typeof denseO2O>[0], progress: number) => {
      const { batchAugmentations } = denseO2O({ copyBlendProbability: 1, ...options })(recipe);
      const context = { rng: createRng(1), epoch: 0, progress, size: [64, 64] as const };
      let batch: readonly Sample[] = [sample('a'), sample('b')];
      for (const a of batchAugmentations) batch = a.applyBatch(batch, context);
      return batch.some(({ targets }) => targets.labels.length > 1);
    };
    for (const mixupProbability of [0, 1e-9]) {
      const grown = (until: 'standard' | 'plain') =>
        [0, 0.3, 0.6, 0.95].map((at) => withCopies({ mixupProbability, copyBlendUntil: until }, at));
      expect(grown('plain')).toEqual([false, true, true, false]);
      expect(grown('standard')).toEqual([false, true, false, false]);
    }
  });

  it('refuses unknown names and boundaries out of order', () => {
    expect(() => denseO2O({ policy: 'deim-xxl' as 'deim-dfine-n' })).toThrow(/dense-o2o: policy "deim-xxl"/);
    expect(() => denseO2O({ policy: { unit: 'epoch', boundaries: [4, 2, 8] } })).toThrow(/rising order/);
    expect(() => denseO2O({ policy: { unit: 'fraction', boundaries: [0.1, 0.5, 8] } })).toThrow(/fractions up to 1/);
  });
});

describe('standardAugmentations', () => {
  it('has the plain steps only outside its window', async () => {
    const context = { rng: createRng(3), epoch: 9, progress: 0, size: [32, 32] as const, draw: () => sample('o') };
    let s = sample('a');
    for (const a of standardAugmentations({ window: { unit: 'epoch', to: 5 } })) s = await a.apply(s, context);
    expect(s.image.width).toBe(32);
    expect(s.image.data.every((v) => v === 90)).toBe(true);
  });
});

describe('standardBatchAugmentations', () => {
  it('changes the size of batches in its window only', () => {
    const rng = createRng(7);
    const widths = (options: Parameters<typeof standardBatchAugmentations>[0], epoch: number) =>
      Array.from({ length: 20 }, () => {
        const context = { rng, epoch, progress: 0, size: [128, 128] as const };
        let batch: readonly Sample[] = [sample('a')];
        for (const a of standardBatchAugmentations(options)) batch = a.applyBatch(batch, context);
        return batch[0]?.image.width;
      });
    expect(standardBatchAugmentations()).toEqual([]);
    expect(new Set(widths({ multiScale: 0 }, 9))).toEqual(new Set([96, 160]));
    expect(new Set(widths({ multiScale: 0, window: { unit: 'epoch', to: 5 } }, 4))).toEqual(new Set([96, 160]));
    expect(new Set(widths({ multiScale: 0, window: { unit: 'epoch', to: 5 } }, 5))).toEqual(new Set([60]));
  });
});

describe('matchabilityAware', () => {
  it('takes the place of the classification loss at its weight', () => {
    const { losses } = matchabilityAware({ gamma: 2 })(recipe);
    expect(losses.map(({ weight, loss: { name } }) => [weight, name])).toEqual([
      [2, 'mal'],
      [2, 'l1'],
    ]);
    expect(losses[0]!.loss.options).toMatchObject({ gamma: 2 });
  });

  it('says so where there is none', () => {
    expect(() => matchabilityAware()({ ...recipe, losses: [] })).toThrow(/dense-o2o: recipe base/);
  });
});
