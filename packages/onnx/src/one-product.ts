import { arithmetic } from './arithmetic.ts';
import { type ConvInfo, inOrder, NCHW, planes } from './convolution.ts';
import { concat } from './join.ts';
import { matmul } from './matmul.ts';
import type { Recording } from './recording.ts';
import { reduce } from './reduce.ts';
import { reshape } from './reshape.ts';
import { pad } from './slice.ts';
import { constant, permuted, type Traced, uniform } from './traced.ts';

/** Values `[batch, channels, n]` as rows `[batch, channels * values, length]`, each from its own place on, zeros around. */
const staggered = (recording: Recording, values: readonly Traced[], at: readonly number[], length: number): Traced => {
  const [batch, channels, size] = values[0]!.shape as [number, number, number];
  const zeros = (count: number) => (count > 0 ? [uniform(0, [batch, channels, count])] : []);
  const starts = values.map((_, i) => i * length + at[i]!);
  const parts = values.flatMap((value, i) => [...zeros(starts[i]! - (i ? starts[i - 1]! + size : 0)), value]);
  const last = zeros(values.length * length - starts.at(-1)! - size);
  return reshape(recording, concat(recording, [...parts, ...last], 2), [batch, channels * values.length, length]);
};

/**
 * The gradient of the filter of a convolution of stride 1 as one product of all taps.
 *
 * In flattened images of one row width, a tap is a distance between what it sees and where its result goes. A product
 * `[batch, out * kw, n] [batch, in * kh, n]^T` of gradients moved by columns and images moved by rows has them all.
 * Each operand is one Concat of long runs, where nine taps are nine copies of short ones. What a tap sees beyond the end
 * of a row belongs to the next row: there the gradient is set to zero.
 */
export const oneProduct = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = info;
  const { padInfo: p, dilationHeight, dilationWidth } = info;
  const width = Math.max(inWidth, outWidth);
  const flat = (value: Traced, mask?: Traced) => {
    const none = [0, 0] as const;
    const wide = pad(recording, inOrder(recording, value, NCHW), [none, none, [0, width - value.shape[2]!], none], 0);
    return planes(recording, mask ? arithmetic(recording).mul(wide, mask) : wide);
  };
  const columns = Array.from({ length: filterWidth }, (_, j) => j * dilationWidth);
  const rows = Array.from({ length: filterHeight }, (_, i) => i * dilationHeight * width);
  const gradients = columns.map((column) => {
    const sees = (at: number) => at >= outWidth || (at >= p.left - column && at < p.left - column + inWidth);
    const mask = Array.from({ length: width }, (_, at) => Number(sees(at)));
    return flat(dy, constant(mask, [1, 1, width, 1]));
  });
  const image = flat(x);
  // Element q of dy meets element q + row + column - before of x.
  const before = p.top * width + p.left;
  const right = Math.max(rows.at(-1)!, before);
  const left = right - before;
  const length = Math.max(left + columns.at(-1)! + outHeight * width, right + inHeight * width);
  const product = matmul(
    recording,
    staggered(
      recording,
      gradients,
      columns.map((column) => left + column),
      length,
    ),
    staggered(
      recording,
      rows.map(() => image),
      rows.map((row) => right - row),
      length,
    ),
    false,
    true,
  );
  const sum = reduce(recording, 'ReduceSum', product, [0], false);
  return permuted(reshape(recording, sum, [outChannels, filterWidth, inChannels, filterHeight]), [3, 1, 2, 0]);
};
