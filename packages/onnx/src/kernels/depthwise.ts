import {
  type ConvAttributes,
  type ConvInfo,
  conv,
  convInfo,
  flipped,
  fromNHWC,
  image,
  missing,
  padsOf,
  placeImage,
  toNHWC,
  turnedPads,
  windowAttributes,
} from '../convolution.ts';
import { defineKernel } from '../kernel.ts';
import type { Recording } from '../recording.ts';
import { reduce } from '../reduce.ts';
import { reshape } from '../reshape.ts';
import { slice } from '../slice.ts';
import { named, permuted, type Traced } from '../traced.ts';

/** A depthwise filter `[kh, kw, channels, multiplier]` in the order of ONNX's grouped filters. */
const GROUPED = [2, 3, 0, 1] as const;

/** The filter as `[channels * multiplier, 1, kh, kw]`. */
const grouped = (recording: Recording, filter: Traced): string => {
  const [kh, kw, channels, multiplier] = filter.shape as [number, number, number, number];
  const name = recording.place(filter, { perm: GROUPED, whole: true });
  return recording.reshaped(name, [channels * multiplier, 1, kh, kw]);
};

defineKernel<ConvAttributes>('DepthwiseConv2dNative', ({ inputs, attributes, recording }) => {
  const { x, filter } = inputs as Record<'x' | 'filter', Traced>;
  const info = convInfo(x.shape, filter.shape, attributes, true);
  const { batchSize, outHeight, outWidth, outChannels, inChannels } = info;
  const y = conv(
    recording,
    placeImage(recording, toNHWC(x, attributes)),
    grouped(recording, filter),
    [batchSize, outChannels, outHeight, outWidth],
    {
      strides: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      dilations: [info.dilationHeight, info.dilationWidth],
      group: inChannels,
    },
  );
  return fromNHWC(image(y, batchSize, outHeight, outWidth, outChannels), attributes);
});

defineKernel<ConvAttributes & { inputShape: number[] }>(
  'DepthwiseConv2dNativeBackpropInput',
  ({ inputs, attributes, recording }) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', Traced>;
    const info = convInfo(attributes.inputShape, filter.shape, attributes, true);
    const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = info;
    const gradient = placeImage(recording, toNHWC(dy, attributes));
    const out = [batchSize, inChannels, inHeight, inWidth];
    const result = (name: string) => fromNHWC(image(name, batchSize, inHeight, inWidth, inChannels), attributes);
    const pads = turnedPads(info);
    if (strideHeight === 1 && strideWidth === 1 && Math.min(...pads) >= 0) {
      // [channels, multiplier, kh, kw]: one output a group, summed over the group's `multiplier` inputs.
      const turned = recording.place(slice(recording, filter, flipped(filter)), { perm: GROUPED, whole: true });
      return result(conv(recording, gradient, turned, out, { strides: [1, 1], pads, group: inChannels }));
    }
    const name = recording.node(
      'ConvTranspose',
      [gradient, grouped(recording, filter)],
      { shape: out, dtype: 'float32' },
      {
        ...windowAttributes({ strides: [strideHeight, strideWidth], pads: padsOf(info), group: inChannels }),
        output_padding: { ints: missing(info) },
      },
    );
    return result(name);
  },
);

defineKernel<ConvAttributes & { filterShape: number[] }>(
  'DepthwiseConv2dNativeBackpropFilter',
  ({ inputs, attributes, recording }) => {
    const { x, dy } = inputs as Record<'x' | 'dy', Traced>;
    const info = convInfo(x.shape, attributes.filterShape, attributes, true);
    return filterGradient(recording, toNHWC(x, attributes), toNHWC(dy, attributes), info);
  },
);

/**
 * The gradient of a depthwise filter as one convolution: every channel of every image is a group of its own, and dy is
 * its filter, dilated by the stride. Then a sum over the images.
 */
const filterGradient = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const {
    batchSize,
    inChannels,
    outChannels,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
  } = info;
  const groups = batchSize * inChannels;
  const outs = batchSize * outChannels;
  const as = (value: Traced, shape: readonly number[]) => recording.reshaped(placeImage(recording, value), shape);
  const [top, left] = padsOf(info);
  const [down, right] = missing(info);
  // What the window leaves over at the end is not seen by any tap: those results are cut off below.
  const bottom = padsOf(info)[2] - down;
  const end = padsOf(info)[3] - right;
  const rows = filterHeight + Math.max(0, -bottom);
  const columns = filterWidth + Math.max(0, -end);
  const product = conv(
    recording,
    as(x, [1, groups, info.inHeight, info.inWidth]),
    as(dy, [outs, 1, outHeight, outWidth]),
    [1, outs, rows, columns],
    {
      strides: [1, 1],
      pads: [top, left, Math.max(0, bottom), Math.max(0, end)],
      dilations: [strideHeight, strideWidth],
      group: groups,
    },
  );
  const parts = named(product, { shape: [1, outs, rows, columns], dtype: 'float32' });
  const images = reshape(recording, parts, [batchSize, inChannels, outChannels / inChannels, rows, columns]);
  const sum = permuted(reduce(recording, 'ReduceSum', images, [0], false), [2, 3, 0, 1]);
  return slice(recording, sum, [
    { axis: 0, start: 0, count: filterHeight },
    { axis: 1, start: 0, count: filterWidth },
  ]);
};
