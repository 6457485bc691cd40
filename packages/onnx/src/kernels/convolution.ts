import {
  type ConvAttributes,
  conv,
  convInfo,
  flipped,
  fromNHWC,
  IOHW,
  image,
  missing,
  OIHW,
  padsOf,
  placeImage,
  toNHWC,
  turnedPads,
  windowAttributes,
} from '../convolution.ts';
import { filterGradient } from '../filter-gradient.ts';
import { stridedInputGradient } from '../input-gradient.ts';
import { defineKernel } from '../kernel.ts';
import { slice } from '../slice.ts';
import type { Traced } from '../traced.ts';

defineKernel<ConvAttributes>('Conv2D', ({ inputs, attributes, recording }) => {
  const { x, filter } = inputs as Record<'x' | 'filter', Traced>;
  const info = convInfo(x.shape, filter.shape, attributes);
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const y = conv(
    recording,
    placeImage(recording, toNHWC(x, attributes)),
    recording.place(filter, { perm: OIHW, whole: true }),
    [batchSize, outChannels, outHeight, outWidth],
    {
      strides: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      dilations: [info.dilationHeight, info.dilationWidth],
    },
  );
  return fromNHWC(image(y, batchSize, outHeight, outWidth, outChannels), attributes);
});

defineKernel<ConvAttributes & { inputShape: number[] }>('Conv2DBackpropInput', ({ inputs, attributes, recording }) => {
  const { dy, filter } = inputs as Record<'dy' | 'filter', Traced>;
  const info = convInfo(attributes.inputShape, filter.shape, attributes);
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = info;
  const gradient = placeImage(recording, toNHWC(dy, attributes));
  const out = [batchSize, inChannels, inHeight, inWidth];
  const result = (name: string) => fromNHWC(image(name, batchSize, inHeight, inWidth, inChannels), attributes);
  const pads = turnedPads(info);
  if (strideHeight === 1 && strideWidth === 1 && Math.min(...pads) >= 0) {
    // ConvTranspose is slower than a convolution with the filter turned.
    const turned = recording.place(slice(recording, filter, flipped(filter)), { perm: IOHW, whole: true });
    return result(conv(recording, gradient, turned, out, { strides: [1, 1], pads }));
  }
  if (info.filterHeight * info.filterWidth > 1) {
    return fromNHWC(stridedInputGradient(recording, toNHWC(dy, attributes), filter, info), attributes);
  }
  const weights = recording.place(filter, { perm: OIHW, whole: true });
  const name = recording.node(
    'ConvTranspose',
    [gradient, weights],
    { shape: out, dtype: 'float32' },
    {
      ...windowAttributes({ strides: [strideHeight, strideWidth], pads: padsOf(info) }),
      output_padding: { ints: missing(info) },
    },
  );
  return result(name);
});

defineKernel<ConvAttributes & { filterShape: number[] }>(
  'Conv2DBackpropFilter',
  ({ inputs, attributes, recording }) => {
    const { x, dy } = inputs as Record<'x' | 'dy', Traced>;
    const info = convInfo(x.shape, attributes.filterShape, attributes);
    return filterGradient(recording, toNHWC(x, attributes), toNHWC(dy, attributes), info);
  },
);
