import { arithmetic } from '../arithmetic.ts';
import { elementwise, mapped } from '../elementwise.ts';
import type { Attribute } from '../graph.ts';
import { defineKernel } from '../kernel.ts';
import { masked, type Traced, uniform, uniformValue } from '../traced.ts';

/** Kernels that are one ONNX node, and how a known number is folded. */
const SAME: Readonly<Record<string, readonly [op: string, fold?: (x: number) => number]>> = {
  Abs: ['Abs', Math.abs],
  Acos: ['Acos'],
  Acosh: ['Acosh'],
  Asin: ['Asin'],
  Asinh: ['Asinh'],
  Atan: ['Atan'],
  Atanh: ['Atanh'],
  Ceil: ['Ceil', Math.ceil],
  Cos: ['Cos', Math.cos],
  Cosh: ['Cosh'],
  Erf: ['Erf'],
  Exp: ['Exp', Math.exp],
  Floor: ['Floor', Math.floor],
  Log: ['Log', Math.log],
  Reciprocal: ['Reciprocal', (x) => 1 / x],
  Relu: ['Relu', (x) => Math.max(0, x)],
  Round: ['Round'],
  Sigmoid: ['Sigmoid', (x) => 1 / (1 + Math.exp(-x))],
  Sign: ['Sign', Math.sign],
  Sin: ['Sin', Math.sin],
  Sinh: ['Sinh'],
  Sqrt: ['Sqrt', Math.sqrt],
  Tan: ['Tan'],
  Tanh: ['Tanh', Math.tanh],
};

for (const [name, [op, fold]] of Object.entries(SAME)) {
  defineKernel(name, ({ inputs, recording }) => {
    const x = inputs['x']!;
    const value = uniformValue(x);
    return fold && value !== undefined ? uniform(fold(value), x.shape, x.dtype) : mapped(recording, op, x);
  });
}

defineKernel('Neg', ({ inputs, recording }) => arithmetic(recording).neg(inputs['x']!));

defineKernel('Square', ({ inputs, recording }) => arithmetic(recording).mul(inputs['x']!, inputs['x']!));

defineKernel('Rsqrt', ({ inputs, recording }) => arithmetic(recording).rsqrt(inputs['x']!));

defineKernel('Log1p', ({ inputs, recording }) => {
  const x = inputs['x']!;
  return mapped(recording, 'Log', arithmetic(recording).add(x, uniform(1, [])));
});

/**
 * `max(x, 0) + log(1 + u)` with `u = exp(-|x|)`: onnxruntime's own Softplus goes number by number, four times slower.
 *
 * What `1 + u` loses in rounding is added again, so that the result stays exact to rounding where it is small.
 */
defineKernel('Softplus', ({ inputs, recording }) => {
  const x = inputs['x']!;
  const { add, sub, neg } = arithmetic(recording);
  const one = uniform(1, []);
  const u = mapped(recording, 'Exp', neg(mapped(recording, 'Abs', x)));
  const sum = add(u, one);
  const log = add(mapped(recording, 'Log', sum), sub(u, sub(sum, one)));
  return add(log, mapped(recording, 'Relu', x));
});

defineKernel('Expm1', ({ inputs, recording }) =>
  arithmetic(recording).sub(mapped(recording, 'Exp', inputs['x']!), uniform(1, [])),
);

/** The largest float32: times the smallest normal number it is more than 1. */
const STEEP = (2 - 2 ** -23) * 2 ** 127;

/**
 * A step to zero is a clipped slope, one parallel pass where a comparison and a cast to numbers are two, the second on
 * one thread. Exact but for numbers below the normal ones (1.2e-38), which give a part of 1.
 */
defineKernel<{ alpha?: number }>('Step', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const alpha = attributes.alpha ?? 0;
  if (alpha === 0 && x.dtype === 'float32') {
    return mapped(recording, 'HardSigmoid', x, { attributes: { alpha: { float: STEEP }, beta: { float: 0 } } });
  }
  const positive = elementwise(recording, 'Greater', [x, uniform(0, [], x.dtype)], 'bool');
  if (alpha === 0) return masked(positive, x.dtype);
  return elementwise(recording, 'Where', [positive, uniform(1, [], x.dtype), uniform(alpha, [], x.dtype)], x.dtype);
});

defineKernel<{ clipValueMin: number; clipValueMax: number }>('ClipByValue', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  return clip(x, attributes.clipValueMin, attributes.clipValueMax);
  function clip(value: Traced, low: number, high: number): Traced {
    const known = uniformValue(value);
    if (known !== undefined) return uniform(Math.min(Math.max(known, low), high), value.shape, value.dtype);
    // An infinite bound is an absent one.
    const bound = (limit: number) => (Number.isFinite(limit) ? recording.scalar(limit, value.dtype) : '');
    return mapped(recording, 'Clip', value, { extra: [bound(low), bound(high)] });
  }
});

defineKernel('Relu6', ({ inputs, recording }) =>
  mapped(recording, 'Clip', inputs['x']!, { extra: [recording.scalar(0), recording.scalar(6)] }),
);

const activation = (
  name: string,
  attributesOf: (attributes: Readonly<Record<string, unknown>>) => Record<string, Attribute>,
) =>
  defineKernel(name, ({ inputs, attributes, recording }) =>
    mapped(recording, name, inputs['x']!, { attributes: attributesOf(attributes) }),
  );

activation('Elu', () => ({ alpha: { float: 1 } }));
activation('Selu', () => ({}));
activation('LeakyRelu', ({ alpha }) => ({ alpha: { float: alpha as number } }));

defineKernel('EluGrad', ({ inputs, recording }) => {
  const { mul, add } = arithmetic(recording);
  const { dy, y } = inputs as Record<'dy' | 'y', Traced>;
  const negative = elementwise(recording, 'Min', [y, uniform(0, [])]);
  return mul(dy, add(negative, uniform(1, [])));
});
