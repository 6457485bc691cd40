import { inverseSigmoid } from '@detrain/core';
import type { DenoisingDraws } from './draws.ts';

const { fround } = Math;
const clamp = (x: number) => Math.min(Math.max(x, 0), 1);

/** How one box is noised. */
export interface BoxNoise {
  readonly negative: boolean;
  readonly scale: number;
  readonly negativeSizes: 'absolute' | 'kept';
}

/**
 * Writes the unactivated noised box of target `k` to query `to` of `out`: each edge moves by a part of half the box's size, less than
 * once it for positives, once to twice for negatives. Rounds to float32 step by step, as the official code does.
 */
export const noisedBox = (
  out: Float32Array,
  to: number,
  boxes: Float32Array,
  k: number,
  draws: DenoisingDraws,
  drawn: number,
  { negative, scale, negativeSizes }: BoxNoise,
): void => {
  const [cx, cy, w, h] = boxes.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
  const halfWidth = w / 2;
  const halfHeight = h / 2;
  const edge = (start: number, half: number, e: number) => {
    const part = fround((draws.boxPart[4 * drawn + e] as number) + (negative ? 1 : 0));
    const sign = (draws.boxSign[4 * drawn + e] as number) * 2 - 1;
    return clamp(fround(start + fround(sign * part * fround(half * scale))));
  };
  const x1 = edge(fround(cx - halfWidth), halfWidth, 0);
  const y1 = edge(fround(cy - halfHeight), halfHeight, 1);
  const x2 = edge(fround(cx + halfWidth), halfWidth, 2);
  const y2 = edge(fround(cy + halfHeight), halfHeight, 3);
  const size = (low: number, high: number) => {
    const value = fround(high - low);
    return negativeSizes === 'absolute' ? Math.abs(value) : value;
  };
  out[4 * to] = inverseSigmoid(fround(x1 + x2) / 2);
  out[4 * to + 1] = inverseSigmoid(fround(y1 + y2) / 2);
  out[4 * to + 2] = inverseSigmoid(size(x1, x2));
  out[4 * to + 3] = inverseSigmoid(size(y1, y2));
};
