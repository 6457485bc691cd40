import type { ConvInfo } from './convolution.ts';
import { concat, split } from './join.ts';
import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import { pad, slice } from './slice.ts';
import { relaid, type Traced } from './traced.ts';

/**
 * The part of a padded image that each filter tap sees, row by row of the filter: `[batch, outHeight, outWidth, channels]`.
 *
 * Picking every second column copies number by number, so that is done once for each remainder of the stride; the taps
 * are then cut from it in runs.
 */
export const taps = (recording: Recording, x: Traced, info: ConvInfo, padding = 0): Traced[] => {
  const { padInfo: p, outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const { filterHeight, filterWidth } = info;
  const none = [0, 0] as const;
  const padded = pad(recording, x, [none, [p.top, p.bottom], [p.left, p.right], none], padding);
  const width = padded.shape[2]!;
  const phase = (start: number) =>
    slice(recording, padded, [{ axis: 2, start, count: Math.ceil((width - start) / strideWidth), step: strideWidth }]);
  return Array.from({ length: filterHeight * filterWidth }, (_, i) => {
    const column = (i % filterWidth) * dilationWidth;
    return slice(recording, phase(column % strideWidth), [
      { axis: 1, start: Math.floor(i / filterWidth) * dilationHeight, count: outHeight, step: strideHeight },
      { axis: 2, start: Math.floor(column / strideWidth), count: outWidth },
    ]);
  });
};

/** One filter tap along an axis: output `i` sees element `stride * (i + shift) + phase` of the image without padding. */
export interface Tap {
  /** Its place in the filter. */
  readonly at: number;
  readonly phase: number;
  readonly shift: number;
}

/** The taps of `[rows, columns]` of a filter. */
export const tapsAlong = (info: ConvInfo): readonly [rows: Tap[], columns: Tap[]] => {
  const along = (count: number, stride: number, dilation: number, before: number): Tap[] =>
    Array.from({ length: count }, (_, at) => {
      const place = at * dilation - before;
      const shift = Math.floor(place / stride);
      return { at, phase: place - shift * stride, shift };
    });
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo: p } = info;
  return [
    along(filterHeight, strideHeight, dilationHeight, p.top),
    along(filterWidth, strideWidth, dilationWidth, p.left),
  ];
};

/** The elements of an axis by their remainder of the stride; its size is a multiple of the stride. */
const phasesAlong = (recording: Recording, x: Traced, axis: number, stride: number): Traced[] => {
  if (stride === 1) return [x];
  const count = x.shape[axis]! / stride;
  const cells = reshape(recording, x, x.shape.toSpliced(axis, 1, count, stride));
  const sizes = Array.from({ length: stride }, () => 1);
  return split(recording, cells, axis + 1, sizes).map((part) => reshape(recording, part, x.shape.with(axis, count)));
};

/**
 * The pixels of an image `[batch, h, w, channels]` by the remainder of their row and column of the strides, each
 * `[batch, ceil(h / stride), ceil(w / stride), channels]`; what is missing at the end is zero.
 *
 * Splits take a third of the time of slices that pick every second column, and of SpaceToDepth.
 */
export const phases = (recording: Recording, x: Traced, { strideHeight, strideWidth }: ConvInfo): Traced[][] => {
  const rest = (axis: number, stride: number) => [0, (stride - (x.shape[axis]! % stride)) % stride] as const;
  const whole = pad(recording, x, [[0, 0], rest(1, strideHeight), rest(2, strideWidth), [0, 0]], 0);
  return phasesAlong(recording, whole, 1, strideHeight).map((rows) => phasesAlong(recording, rows, 2, strideWidth));
};

/** A new axis of one element that lies in memory just after the axis before it. */
const withAxis = (value: Traced, axis: number): Traced => {
  const perm = value.perm.map((old) => (old >= axis ? old + 1 : old));
  perm.splice(perm.indexOf(axis - 1) + 1, 0, axis);
  return relaid(value, { shape: value.shape.toSpliced(axis, 0, 1), stored: value.stored.toSpliced(axis, 0, 1), perm });
};

/** Puts the phases of an axis back: element `i` of phase `a` becomes element `phases * i + a`. */
export const interleave = (recording: Recording, parts: readonly Traced[], axis: number): Traced => {
  const [first] = parts as [Traced];
  const cells = concat(
    recording,
    parts.map((part) => withAxis(part, axis + 1)),
    axis + 1,
  );
  return reshape(recording, cells, first.shape.with(axis, first.shape[axis]! * parts.length));
};

/** A part `[batch, ...size, channels]` of an image from row and column `at` on, with zeros where there is no image. */
export const part = (
  recording: Recording,
  x: Traced,
  at: readonly [row: number, column: number],
  size: readonly [rows: number, columns: number],
): Traced => {
  const around = (i: 0 | 1) => [-at[i], at[i] + size[i] - x.shape[i + 1]!] as const;
  return pad(recording, x, [[0, 0], around(0), around(1), [0, 0]], 0);
};
