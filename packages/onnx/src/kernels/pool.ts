import { arithmetic } from '../arithmetic.ts';
import {
  type ConvAttributes,
  type ConvInfo,
  convInfo,
  image,
  missing,
  padsOf,
  placeImage,
  windowAttributes,
} from '../convolution.ts';
import { elementwise } from '../elementwise.ts';
import { defineKernel } from '../kernel.ts';
import type { Recording } from '../recording.ts';
import { slice } from '../slice.ts';
import { spread } from '../spread.ts';
import { part, taps } from '../taps.ts';
import { constant, masked, type Traced } from '../traced.ts';

type PoolAttributes = Pick<ConvAttributes, 'strides' | 'pad' | 'dimRoundingMode'> & {
  readonly filterSize: [number, number] | number;
};

/** Sizes of a pooling, in the words of a convolution. */
const poolInfo = (input: readonly number[], { filterSize, ...rest }: PoolAttributes): ConvInfo => {
  const [height, width] = typeof filterSize === 'number' ? [filterSize, filterSize] : filterSize;
  const channels = input[3]!;
  return convInfo(input, [height, width, channels, channels], rest);
};

const pool = (recording: Recording, op: 'MaxPool' | 'AveragePool', x: Traced, info: ConvInfo): Traced => {
  const { batchSize, outHeight, outWidth, inChannels, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const [top, left, bottom, right] = padsOf(info);
  const [tall, wide] = missing(info);
  // A rounding up of the output's size reads past the end: that is padding, too.
  const pads = [top, left, bottom + Math.max(0, -tall), right + Math.max(0, -wide)] as const;
  const out = { shape: [batchSize, inChannels, outHeight, outWidth], dtype: x.dtype };
  const name = recording.node(op, [placeImage(recording, x)], out, {
    kernel_shape: { ints: [filterHeight, filterWidth] },
    ...windowAttributes({ strides: [strideHeight, strideWidth], pads }),
  });
  return image(name, batchSize, outHeight, outWidth, inChannels);
};

defineKernel<PoolAttributes>('MaxPool', ({ inputs, attributes, recording }) =>
  pool(recording, 'MaxPool', inputs['x']!, poolInfo(inputs['x']!.shape, attributes)),
);
defineKernel<PoolAttributes>('AvgPool', ({ inputs, attributes, recording }) =>
  pool(recording, 'AveragePool', inputs['x']!, poolInfo(inputs['x']!.shape, attributes)),
);

/** Sums the gradients that each tap sends back to the pixel it saw. */
const collect = (recording: Recording, gradients: readonly Traced[], info: ConvInfo): Traced => {
  const { inHeight, inWidth, filterWidth, strideHeight, strideWidth } = info;
  const [top, left, bottom, right] = padsOf(info);
  const rows = inHeight + top + bottom;
  const columns = inWidth + left + right;
  const { add } = arithmetic(recording);
  if (strideHeight === 1 && strideWidth === 1) {
    return gradients
      .map((gradient, i) => {
        const at = [top - Math.floor(i / filterWidth), left - (i % filterWidth)] as const;
        return part(recording, gradient, at, [inHeight, inWidth]);
      })
      .reduce((a, b) => add(a, b));
  }
  const sum = gradients
    .map((gradient, i) =>
      spread(recording, gradient, info, [Math.floor(i / filterWidth), i % filterWidth], [rows, columns]),
    )
    .reduce((a, b) => add(a, b));
  return slice(recording, sum, [
    { axis: 1, start: top, count: inHeight },
    { axis: 2, start: left, count: inWidth },
  ]);
};

/** The gradient goes to the first pixel of a window that holds the maximum, as in tfjs and PyTorch. */
defineKernel<PoolAttributes>('MaxPoolGrad', ({ inputs, attributes, recording }) => {
  const { dy, input: x, output } = inputs as Record<'dy' | 'input' | 'output', Traced>;
  const info = poolInfo(x.shape, attributes);
  const y = output ?? pool(recording, 'MaxPool', x, info);
  const { mul } = arithmetic(recording);
  let free: Traced | undefined;
  const gradients = taps(recording, x, info, -Infinity).map((tap) => {
    const equal = elementwise(recording, 'Equal', [tap, y], 'bool');
    const mine = free ? elementwise(recording, 'And', [equal, free]) : equal;
    const other = elementwise(recording, 'Not', [equal]);
    free = free ? elementwise(recording, 'And', [free, other]) : other;
    return mul(dy, masked(mine, 'float32'));
  });
  return collect(recording, gradients, info);
});

defineKernel<PoolAttributes>('AvgPoolGrad', ({ inputs, attributes, recording }) => {
  const { dy, input: x } = inputs as Record<'dy' | 'input', Traced>;
  const info = poolInfo(x.shape, attributes);
  const share = arithmetic(recording).mul(dy, constant(shares(info), [1, info.outHeight, info.outWidth, 1]));
  const count = info.filterHeight * info.filterWidth;
  return collect(
    recording,
    Array.from({ length: count }, () => share),
    info,
  );
});

/** One over the number of real pixels in each window. */
const shares = (info: ConvInfo): number[] => {
  const seen = (at: number, stride: number, before: number, kernel: number, size: number) =>
    Math.min(at * stride - before + kernel, size) - Math.max(at * stride - before, 0);
  const { padInfo: p } = info;
  return Array.from({ length: info.outHeight * info.outWidth }, (_, i) => {
    const rows = seen(Math.floor(i / info.outWidth), info.strideHeight, p.top, info.filterHeight, info.inHeight);
    const columns = seen(i % info.outWidth, info.strideWidth, p.left, info.filterWidth, info.inWidth);
    return 1 / (rows * columns);
  });
};
