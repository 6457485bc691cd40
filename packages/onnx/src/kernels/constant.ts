import { defineKernel } from '../kernel.ts';
import { constant, type Traced, uniform } from '../traced.ts';

type DType = Traced['dtype'];

defineKernel<{ shape: number[]; value: number; dtype?: DType }>(
  'Fill',
  ({ attributes: { shape, value, dtype = 'float32' } }) => uniform(value, shape, dtype),
);
defineKernel('OnesLike', ({ inputs }) => uniform(1, inputs['x']!.shape, inputs['x']!.dtype));
defineKernel('ZerosLike', ({ inputs }) => uniform(0, inputs['x']!.shape, inputs['x']!.dtype));

defineKernel<{ start: number; stop: number; step: number; dtype: DType }>('Range', ({ attributes }) => {
  const { start, stop, step, dtype } = attributes;
  const count = Math.max(0, Math.ceil(Math.abs((stop - start) / step)));
  const signed = stop < start && step === 1 ? -1 : step;
  return constant(
    Array.from({ length: count }, (_, i) => start + i * signed),
    [count],
    dtype,
  );
});

defineKernel<{ start: number; stop: number; num: number }>('LinSpace', ({ attributes: { start, stop, num } }) => {
  const step = (stop - start) / (num - 1);
  return constant(
    Array.from({ length: num }, (_, i) => start + i * step),
    [num],
  );
});
