import type { ConvInfo } from './convolution.ts';
import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import { pad, slice } from './slice.ts';
import type { Traced } from './traced.ts';

/** One spatial axis: zeros between the elements, then before and after them. */
const spreadAxis = (
  recording: Recording,
  x: Traced,
  axis: number,
  stride: number,
  start: number,
  size: number,
): Traced => {
  let value = x;
  const count = x.shape[axis]!;
  let length = count;
  if (stride > 1) {
    const split = reshape(recording, x, x.shape.toSpliced(axis + 1, 0, 1));
    const still = split.shape.map((): readonly [number, number] => [0, 0]);
    const filled = pad(recording, split, still.with(axis + 1, [0, stride - 1]), 0);
    value = reshape(recording, filled, x.shape.with(axis, count * stride));
    length = count * stride;
  }
  const after = size - start - length;
  if (after < 0) {
    value = slice(recording, value, [{ axis, start: 0, count: length + after }]);
  }
  const none = x.shape.map((): readonly [number, number] => [0, 0]);
  return pad(recording, value, none.with(axis, [start, Math.max(0, after)]), 0);
};

/**
 * Puts the pixels of an image `[batch, h, w, channels]` a stride apart into zeros `[batch, rows, columns, channels]`,
 * the first one at `at`.
 */
export const spread = (
  recording: Recording,
  x: Traced,
  { strideHeight, strideWidth }: Pick<ConvInfo, 'strideHeight' | 'strideWidth'>,
  at: readonly [number, number],
  size: readonly [number, number],
): Traced =>
  spreadAxis(recording, spreadAxis(recording, x, 1, strideHeight, at[0], size[0]), 2, strideWidth, at[1], size[1]);
