import type { Tensor } from '@tensorflow/tfjs-core';
import { slice_util, util } from '@tensorflow/tfjs-core';
import { defineKernel, type KernelCall } from '../kernel.ts';
import { reshape } from '../reshape.ts';
import { type Cut, pad, slice } from '../slice.ts';
import { take } from '../take.ts';

defineKernel<{ begin: number | number[]; size: number | number[] }>('Slice', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  // tfjs reads only the shape and the rank.
  const like = { shape: [...x.shape], rank: x.shape.length } as unknown as Tensor;
  const [begin, size] = slice_util.parseSliceParams(like, attributes.begin, attributes.size) as [number[], number[]];
  return slice(
    recording,
    x,
    begin.map((start, axis): Cut => ({ axis, start, count: size[axis]! })),
  );
});

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

defineKernel<StridedSliceAttributes>('StridedSlice', ({ inputs, attributes: a, recording }) => {
  const x = inputs['x']!;
  const info = slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  const cuts = info.begin.map((start, axis): Cut => {
    const step = info.strides[axis]!;
    return { axis, start, step, count: Math.max(0, Math.ceil((info.end[axis]! - start) / step)) };
  });
  return reshape(recording, slice(recording, x, cuts), info.finalShape);
});

defineKernel<{ dims: number | number[] }>('Reverse', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const axes = util.parseAxisParam(attributes.dims, [...x.shape]);
  return slice(
    recording,
    x,
    axes.map((axis): Cut => ({ axis, start: x.shape[axis]! - 1, count: x.shape[axis]!, step: -1 })),
  );
});

type Paddings = readonly (readonly [number, number])[];

const padKernel = ({ inputs, attributes, recording }: KernelCall<{ paddings: Paddings; constantValue: number }>) =>
  pad(recording, inputs['x']!, attributes.paddings, attributes.constantValue);
defineKernel('PadV2', padKernel);

defineKernel<{ paddings: Paddings; mode: 'reflect' | 'symmetric' }>(
  'MirrorPad',
  ({ inputs, attributes, recording }) => {
    const offset = attributes.mode === 'reflect' ? 1 : 0;
    return attributes.paddings.reduce((x, [before, after], axis) => {
      if (before === 0 && after === 0) return x;
      const size = x.shape[axis]!;
      const index = Array.from({ length: before + size + after }, (_, i) => {
        const at = i - before;
        if (at < 0) return offset - at - 1;
        return at < size ? at : 2 * size - 1 - at - offset;
      });
      return take(recording, x, index, axis);
    }, inputs['x']!);
  },
);
