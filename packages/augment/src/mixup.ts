import type { BatchAugmentation } from '@detrain/core';
import { geometryKernels, PART, reserve, SLACK } from './kernels/instance.ts';
import { concatTargets } from './pixel-boxes.ts';

/** Where the other bytes of a part lie in memory. */
const OTHER = PART + SLACK;

const mixBytes = (out: Uint8Array, own: Uint8Array, other: Uint8Array, share: number): void => {
  const kernels = geometryKernels();
  const memory = reserve(kernels, OTHER + PART + SLACK);
  for (let start = 0; start < out.length; start += PART) {
    const count = Math.min(PART, out.length - start);
    memory.set(own.subarray(start, start + count));
    memory.set(other.subarray(start, start + count), OTHER);
    kernels.mix(0, OTHER, count, share, 1 - share);
    out.set(memory.subarray(0, count), start);
  }
};

/** Writes `share * own + (1 - share) * other` for every sample; bytes are rounded. */
export const mixInto = (
  out: Uint8Array | Float32Array,
  own: Uint8Array | Float32Array,
  other: Uint8Array | Float32Array,
  share: number,
): void => {
  const rest = 1 - share;
  if (out instanceof Uint8Array && own instanceof Uint8Array && other instanceof Uint8Array) {
    mixBytes(out, own, other, share);
    return;
  }
  const half = out instanceof Uint8Array ? 0.5 : 0;
  for (let i = 0; i < out.length; i++) out[i] = own[i]! * share + other[i]! * rest + half;
};

/** DEIM rounds the share to six digits. */
export const roundShare = (share: number): number => Math.round(share * 1e6) / 1e6;

/** The image before each in the batch; the last one before the first. */
export const previousOf = (i: number, count: number): number => (i + count - 1) % count;

/**
 * Blends each image with the one before it in the batch and keeps the objects of both at full weight (DEIM). With one image
 * a batch nothing is done: blended with itself it would only hold its objects twice.
 *
 * @param options.share range of the own image's share (0.45 to 0.55), drawn once a batch
 * @param options.probability of a batch being blended (0.5)
 */
export const mixup = ({
  share = [0.45, 0.55],
  probability = 0.5,
}: {
  share?: readonly [number, number];
  probability?: number;
} = {}): BatchAugmentation => ({
  name: 'mixup',
  options: { share, probability },
  applyBatch(samples, { rng }) {
    const acts = rng.next() < probability;
    const beta = roundShare(rng.uniform(share[0], share[1]));
    if (!acts || samples.length < 2) return samples;
    return samples.map((own, i) => {
      const other = samples[previousOf(i, samples.length)]!;
      const data = new Uint8Array(own.image.data.length);
      mixInto(data, own.image.data, other.image.data, beta);
      return { ...own, image: { ...own.image, data }, targets: concatTargets([own.targets, other.targets]) };
    });
  },
});
