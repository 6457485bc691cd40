import { backend_util } from '@tensorflow/tfjs-core';
import type { Attribute } from './graph.ts';
import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import type { Cut } from './slice.ts';
import { named, permuted, type Traced } from './traced.ts';

/** Attributes of tfjs's convolution kernels. */
export interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Sizes of a convolution whose input and filter have these shapes, as tfjs computes them. */
export const convInfo = (
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: ConvAttributes,
  depthwise = false,
): ConvInfo =>
  backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
    dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );

/** Physical order of images for ONNX, of logical NHWC. */
export const NCHW = [0, 3, 1, 2] as const;
/** Physical order of filters for ONNX, of logical HWIO. */
export const OIHW = [3, 2, 0, 1] as const;
/** An OIHW filter read as the filter of the way back: IOHW. */
export const IOHW = [2, 3, 0, 1] as const;

/** tfjs's NCHW tensors are NHWC ones under a lazy transpose. */
export const toNHWC = (x: Traced, { dataFormat }: ConvAttributes): Traced =>
  dataFormat === 'NCHW' ? permuted(x, [0, 2, 3, 1]) : x;
export const fromNHWC = (y: Traced, { dataFormat }: ConvAttributes): Traced =>
  dataFormat === 'NCHW' ? permuted(y, [0, 3, 1, 2]) : y;

/** An image value whose memory is NCHW, made by a node. */
export const image = (name: string, batch: number, height: number, width: number, channels: number): Traced => {
  return named(name, { shape: [batch, height, width, channels], perm: NCHW, dtype: 'float32' });
};

interface Window {
  readonly strides: readonly [number, number];
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
  readonly dilations?: readonly [number, number];
  readonly group?: number;
}

/** Attributes of Conv and its relatives. */
export const windowAttributes = ({
  strides,
  pads,
  dilations = [1, 1],
  group = 1,
}: Window): Record<string, Attribute> => ({
  strides: { ints: strides },
  pads: { ints: pads },
  ...(dilations[0] === 1 && dilations[1] === 1 ? {} : { dilations: { ints: dilations } }),
  ...(group === 1 ? {} : { group: { int: group } }),
});

/** Records a convolution of NCHW memory with a filter `[out, in / group, kh, kw]`; returns `[batch, out, h, w]`. */
export const conv = (recording: Recording, x: string, filter: string, out: readonly number[], window: Window): string =>
  recording.node('Conv', [x, filter], { shape: out, dtype: 'float32' }, windowAttributes(window));

export const padsOf = ({ padInfo: p }: ConvInfo): readonly [number, number, number, number] => [
  p.top,
  p.left,
  p.bottom,
  p.right,
];

/** The same value with its memory in this order. */
export const inOrder = (recording: Recording, value: Traced, perm: readonly number[]): Traced =>
  recording.placed(value, { perm, whole: true });

/** An NHWC value in NCHW memory as `[batch, channels, pixels]`. */
export const planes = (recording: Recording, value: Traced): Traced => {
  const [batch, height, width, channels] = value.shape as [number, number, number, number];
  return reshape(recording, permuted(inOrder(recording, value, NCHW), NCHW), [batch, channels, height * width]);
};

/** The name of an image laid out as ONNX wants it. */
export const placeImage = (recording: Recording, x: Traced): string => recording.place(x, { perm: NCHW, whole: true });

/** A filter `[kh, kw, …]` turned by half a turn. */
export const flipped = (filter: Traced): readonly Cut[] =>
  [0, 1].map((axis) => {
    const count = filter.shape[axis]!;
    return count === 1 ? { axis, start: 0, count } : { axis, start: count - 1, count, step: -1 };
  });

/** Pads of the convolution with the turned filter that takes a gradient back (stride 1). */
export const turnedPads = (info: ConvInfo): readonly [number, number, number, number] => {
  const { filterHeight, filterWidth } = info;
  const [top, left, bottom, right] = padsOf(info);
  return [filterHeight - 1 - top, filterWidth - 1 - left, filterHeight - 1 - bottom, filterWidth - 1 - right];
};

/** Rows and columns at the end of the padded input that no window reaches. */
export const missing = (info: ConvInfo): readonly [number, number] => {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const [top, left, bottom, right] = padsOf(info);
  return [
    inHeight + top + bottom - ((outHeight - 1) * strideHeight + filterHeight),
    inWidth + left + right - ((outWidth - 1) * strideWidth + filterWidth),
  ];
};
