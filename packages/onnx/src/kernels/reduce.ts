import { util } from '@tensorflow/tfjs-core';
import { arithmetic } from '../arithmetic.ts';
import { mapped } from '../elementwise.ts';
import { concat, split } from '../join.ts';
import { defineKernel, type KernelCall } from '../kernel.ts';
import { castTo } from '../recording.ts';
import { type Reduction, reduce } from '../reduce.ts';
import { reshape } from '../reshape.ts';
import { type Traced, uniform } from '../traced.ts';
import { cast } from './logic.ts';

interface ReduceAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const reduction =
  (op: Reduction, prepare = (_call: KernelCall<ReduceAttributes>, x: Traced) => x) =>
  (call: KernelCall<ReduceAttributes>): Traced => {
    const { inputs, attributes, recording } = call;
    const x = prepare(call, inputs['x']!);
    const axes = util.parseAxisParam((attributes.reductionIndices ?? attributes.axis) as number[], [...x.shape]);
    return reduce(recording, op, x, axes, attributes.keepDims ?? false);
  };

const numeric = ({ recording }: KernelCall<ReduceAttributes>, x: Traced) =>
  x.dtype === 'bool' ? cast(recording, x, 'int32') : x;

defineKernel('Sum', reduction('ReduceSum', numeric));
defineKernel(
  'Mean',
  reduction('ReduceMean', ({ recording }, x) => cast(recording, x, 'float32')),
);
defineKernel('Max', reduction('ReduceMax'));
defineKernel('Min', reduction('ReduceMin'));
defineKernel('Prod', reduction('ReduceProd', numeric));

const truth = (op: Reduction) => {
  const inner = reduction(op, numeric);
  return (call: KernelCall<ReduceAttributes>) => cast(call.recording, inner(call), 'bool');
};
defineKernel('All', truth('ReduceMin'));
defineKernel('Any', truth('ReduceMax'));

for (const op of ['ArgMax', 'ArgMin'] as const) {
  defineKernel<{ axis: number | number[] }>(op, ({ inputs, attributes, recording }) => {
    const x = inputs['x']!;
    const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
    const layout = { shape: x.shape.with(axis, 1), stored: x.stored.with(axis, 1), perm: x.perm };
    const physical = x.perm.map((i) => layout.stored[i]!);
    const wide = recording.node(
      op,
      [recording.place(x, { whole: [axis] })],
      { shape: physical, dtype: 'int64' },
      { axis: { int: x.perm.indexOf(axis) }, keepdims: { int: 1 } },
    );
    const kept = recording.value('Cast', [wide], { ...layout, dtype: 'int32' }, castTo('int32'));
    return reshape(recording, kept, x.shape.toSpliced(axis, 1));
  });
}

interface CumulativeAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

defineKernel<CumulativeAttributes>('Cumsum', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
  return mapped(recording, 'CumSum', recording.placed(x, { whole: [axis] }), {
    extra: [recording.int64([x.perm.indexOf(axis)], [])],
    attributes: { exclusive: { int: Number(attributes.exclusive) }, reverse: { int: Number(attributes.reverse) } },
  });
});

/** ONNX has no cumulative product: one product an element, for short axes. */
defineKernel<CumulativeAttributes>('Cumprod', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
  const count = x.shape[axis]!;
  const { mul } = arithmetic(recording);
  const parts = split(
    recording,
    x,
    axis,
    Array.from({ length: count }, () => 1),
  );
  if (attributes.reverse) parts.reverse();
  const products: Traced[] = [];
  let product = uniform(1, x.shape.with(axis, 1), x.dtype);
  for (const part of parts) {
    const next = mul(product, part);
    products.push(attributes.exclusive ? product : next);
    product = next;
  }
  if (attributes.reverse) products.reverse();
  return concat(recording, products, axis);
});
