import { mixInto, mixup, multiScaleSizes, roundShare } from '@detrain/augment';
import { createRng, type Rng, type Sample } from '@detrain/core';
import { phaseAt } from '@detrain/dense-o2o';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface DenseMeta {
  readonly policies: Readonly<
    Record<
      string,
      {
        readonly policy: { readonly epoch: readonly [number, number, number] };
        readonly scales: readonly number[] | null;
        readonly ranges: readonly {
          readonly epochs: readonly [first: number, last: number];
          readonly mosaic_drawn: readonly string[];
          readonly mosaic_not_drawn: readonly string[];
          readonly mixup_possible: boolean;
          readonly multiscale: boolean;
        }[];
      }
    >
  >;
  readonly mixup_beta_uniform_draw?: number;
}

/** What is switched on in every epoch of every policy. */
const replayPolicies = ({ policies }: DenseMeta, checks: Checks) => {
  for (const [config, { policy, scales, ranges }] of Object.entries(policies)) {
    const dense = { unit: 'epoch' as const, boundaries: policy.epoch };
    for (const range of ranges)
      for (let epoch = range.epochs[0]; epoch <= range.epochs[1]; epoch++) {
        const phase = phaseAt(dense, { epoch, progress: 0 });
        const label = `${config}, epoch ${epoch}`;
        const strong = phase === 'dense' || phase === 'standard';
        checks.holds(`${label}: mosaic`, range.mosaic_drawn.includes('Mosaic') === (phase === 'dense'));
        checks.holds(`${label}: colours`, range.mosaic_drawn.includes('RandomPhotometricDistort') === strong);
        checks.holds(`${label}: crops`, range.mosaic_not_drawn.includes('RandomIoUCrop') === strong);
        checks.holds(`${label}: mixup`, range.mixup_possible === (phase === 'dense'));
        checks.holds(`${label}: sizes`, range.multiscale === (scales !== null && phase !== 'plain'));
      }
  }
};

const replayScales = (golden: GoldenCase, checks: Checks) => {
  for (const [key, value] of Object.entries(golden.meta)) {
    const found = /^generate_scales(?:_(\d+))?$/.exec(key);
    if (!found) continue;
    for (const [repeat, sizes] of Object.entries(value as Record<string, number[]>))
      checks.exact(`${key} ${repeat}`, multiScaleSizes(Number(found[1] ?? 640), Number(repeat)), sizes);
  }
};

/** Images are blended as floats here; the augmentation itself works on bytes and gives the targets. */
const replayMixup = (golden: GoldenCase, checks: Checks, draw: number) => {
  const images = floatsOf(tensorOf(golden, 'mixup.images_in'));
  const [batch = 1] = tensorOf(golden, 'mixup.images_in').shape;
  const size = images.length / batch;
  const image = (i: number) => images.subarray(i * size, (i + 1) * size);
  const blended = new Float32Array(images.length);
  const samples = Array.from({ length: batch }, (_, i): Sample => {
    mixInto(blended.subarray(i * size, (i + 1) * size), image(i), image((i + batch - 1) % batch), roundShare(draw));
    return {
      id: String(i),
      image: { width: 1, height: 1, data: new Uint8Array(3) },
      targets: {
        boxes: floatsOf(tensorOf(golden, `mixup.in${i}.boxes`)),
        labels: integersOf(tensorOf(golden, `mixup.in${i}.labels`)),
      },
      originalSize: [1, 1],
    };
  });
  checks.close('mixup.images_out', blended, valuesOf(tensorOf(golden, 'mixup.images_out')), 1e-6);
  const rng: Rng = { ...createRng(0), next: () => 0 };
  mixup({ probability: 1 })
    .applyBatch(samples, { rng, progress: 0, epoch: 0 })
    .forEach(({ targets }, i) => {
      checks.exact(`mixup.out${i}.boxes`, targets.boxes, valuesOf(tensorOf(golden, `mixup.out${i}.boxes`)));
      checks.exact(`mixup.out${i}.labels`, targets.labels, valuesOf(tensorOf(golden, `mixup.out${i}.labels`)));
    });
};

/** Dense O2O: what acts in which epoch, the sizes of batches, mixup. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as DenseMeta;
  replayPolicies(meta, checks);
  replayScales(golden, checks);
  if (meta.mixup_beta_uniform_draw !== undefined) replayMixup(golden, checks, meta.mixup_beta_uniform_draw);
};
