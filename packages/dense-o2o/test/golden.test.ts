import { mixInto, mixup, multiScaleSizes, resizeNearestInto, roundShare } from '@detrain/augment';
import { type Augmentation, type BatchAugmentation, createRng, type Rng, type Sample } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import type {} from '@detrain/tooling/setup';
import { beforeEach, describe, expect, it } from 'vitest';
import { denseO2O, phaseAt, resolvePolicy } from '../src/index.ts';
import { readCase } from './reference.ts';

const reference = readCase('optim/dense_o2o');

interface Range {
  epochs: [number, number];
  mosaic_drawn: string[];
  mosaic_not_drawn: string[];
  mixup_possible: boolean;
  multiscale: boolean;
}
interface Policy {
  epoches: number;
  scales: number[] | null;
  ranges: Range[];
}

const sample: Sample = {
  id: 'a',
  image: { width: 2, height: 2, data: new Uint8Array(12) },
  targets: { boxes: new Float32Array(0), labels: new Int32Array(0) },
  originalSize: [2, 2],
};
const emptyRecipe = { name: 'empty', losses: [], augmentations: [], batchAugmentations: [] } as unknown as Recipe;

/** What ran in one epoch, by the official names, with every draw coming out as `draw`. */
const trace = async (model: 'deim-dfine-n' | 'deim-dfine-s', repeat: number | null, epoch: number, draw: number) => {
  const ran: string[] = [];
  const spy = (name: string): Augmentation => ({
    name,
    options: {},
    apply: (s) => {
      ran.push(name);
      return s;
    },
  });
  const batchSpy = (name: string): BatchAugmentation => ({
    name,
    options: {},
    applyBatch: (s) => {
      ran.push(name);
      return s;
    },
  });
  const { augmentations, batchAugmentations } = denseO2O({
    policy: model,
    multiScale: repeat,
    parts: {
      mosaic: spy('Mosaic'),
      photometric: spy('RandomPhotometricDistort'),
      zoomOut: spy('RandomZoomOut'),
      iouCrop: spy('RandomIoUCrop'),
      mixup: batchSpy('MixUp'),
    },
  })(emptyRecipe);
  const rng: Rng = { ...createRng(0), next: () => draw, int: () => 0 };
  const context = { rng, epoch, progress: 0, size: [64, 64] as const, draw: () => sample };
  for (const augmentation of augmentations) {
    await augmentation.apply(sample, context);
    if (['sanitize', 'horizontal-flip', 'resize'].includes(augmentation.name)) ran.push(augmentation.name);
  }
  let size = 0;
  for (const augmentation of batchAugmentations) size = augmentation.applyBatch([sample], context)[0]!.image.width;
  return { ran, scaled: size > 2 };
};

const OFFICIAL = { sanitize: 'SanitizeBoundingBoxes', 'horizontal-flip': 'RandomHorizontalFlip', resize: 'Resize' };
const official = (name: string) => OFFICIAL[name as keyof typeof OFFICIAL] ?? name;
/** Ours end in the loader, which makes floats and has normalised boxes all along. */
const withoutConversion = (names: string[]) => names.filter((name) => !name.startsWith('Convert'));

describe('golden optim/dense_o2o', () => {
  beforeEach((context) => {
    if (!reference) context.skip('skipped: no reference data');
  });

  it.each([
    ['deim-dfine-n', 'configs/deim_dfine/deim_hgnetv2_n_coco.yml', null],
    ['deim-dfine-s', 'configs/deim_dfine/deim_hgnetv2_s_coco.yml', 20],
  ] as const)('%s switches as the official code in every epoch', async (model, config, repeat) => {
    const policy = (reference!.meta['policies'] as Record<string, Policy>)[config]!;
    for (const range of policy.ranges)
      for (let epoch = range.epochs[0]; epoch <= range.epochs[1]; epoch++) {
        const drawn = await trace(model, repeat, epoch, 0.49);
        const not = await trace(model, repeat, epoch, 0.51);
        const sampleOps = (ran: string[]) => ran.filter((name) => name !== 'MixUp').map(official);
        expect(sampleOps(drawn.ran), `epoch ${epoch}`).toEqual(withoutConversion(range.mosaic_drawn));
        expect(sampleOps(not.ran), `epoch ${epoch}`).toEqual(withoutConversion(range.mosaic_not_drawn));
        expect(drawn.ran.includes('MixUp'), `epoch ${epoch}`).toBe(range.mixup_possible);
        expect(not.ran.includes('MixUp')).toBe(false);
        expect(drawn.scaled, `epoch ${epoch}`).toBe(range.multiscale);
        const phase = phaseAt(resolvePolicy(model), { epoch, progress: 0 });
        expect(phase === 'dense', `epoch ${epoch}`).toBe(range.mixup_possible);
      }
    if (repeat !== null) expect(multiScaleSizes(640, repeat)).toEqual(policy.scales);
  });

  it('has the official lists of sizes', () => {
    const lists = reference!.meta['generate_scales'] as Record<string, number[]>;
    for (const [repeat, sizes] of Object.entries(lists)) expect(multiScaleSizes(640, Number(repeat))).toEqual(sizes);
    const small = reference!.meta['generate_scales_320'] as Record<string, number[]>;
    for (const [repeat, sizes] of Object.entries(small)) expect(multiScaleSizes(320, Number(repeat))).toEqual(sizes);
  });

  it('mixes images to the official values', () => {
    const input = reference!.tensor('mixup.images_in');
    const expected = reference!.tensor('mixup.images_out');
    const share = roundShare(reference!.meta['mixup_beta_uniform_draw'] as number);
    const each = 3 * 8 * 8;
    const image = (i: number) => input.subarray(i * each, (i + 1) * each);
    const out = new Float32Array(each);
    for (let i = 0; i < 3; i++) {
      mixInto(out, image(i), image((i + 2) % 3), share);
      expect(out).toBeAllclose(expected.subarray(i * each, (i + 1) * each), { atol: 2e-7, rtol: 0 });
    }
  });

  it('mixes targets to the official lists', () => {
    const samples = [0, 1, 2].map((i): Sample => {
      const boxes = reference!.tensor(`mixup.in${i}.boxes`);
      const labels = Int32Array.from(reference!.tensor(`mixup.in${i}.labels`));
      return { ...sample, id: String(i), targets: { boxes, labels } };
    });
    const mixed = mixup({ probability: 1 }).applyBatch(samples, { rng: createRng(1), epoch: 0, progress: 0 });
    mixed.forEach(({ targets }, i) => {
      expect([...targets.boxes]).toEqual([...reference!.tensor(`mixup.out${i}.boxes`)]);
      expect([...targets.labels]).toEqual([...reference!.tensor(`mixup.out${i}.labels`)]);
    });
  });

  it.each([9, 4])('resizes nearest to %i as the official code', (size) => {
    const input = reference!.tensor('multiscale.in');
    const expected = reference!.tensor(`multiscale.nearest_${size}x${size}`);
    const out = new Float32Array(size * size);
    for (let channel = 0; channel < 2; channel++) {
      resizeNearestInto(input.subarray(channel * 36, channel * 36 + 36), 6, 6, out, size, size, 1);
      expect([...out]).toEqual([...expected.subarray(channel * size * size, (channel + 1) * size * size)]);
    }
  });
});
