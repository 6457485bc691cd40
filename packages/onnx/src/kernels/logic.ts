import { broadcastShape, elementwise, mapped, repeated } from '../elementwise.ts';
import { defineKernel } from '../kernel.ts';
import type { Recording } from '../recording.ts';
import { castTo } from '../recording.ts';
import { reshape } from '../reshape.ts';
import { masked, type Traced, uniform, uniformValue } from '../traced.ts';

const COMPARISONS: Readonly<Record<string, readonly [op: string, fold: (a: number, b: number) => boolean]>> = {
  Equal: ['Equal', (a, b) => a === b],
  Greater: ['Greater', (a, b) => a > b],
  GreaterEqual: ['GreaterOrEqual', (a, b) => a >= b],
  Less: ['Less', (a, b) => a < b],
  LessEqual: ['LessOrEqual', (a, b) => a <= b],
  LogicalAnd: ['And', (a, b) => a !== 0 && b !== 0],
  LogicalOr: ['Or', (a, b) => a !== 0 || b !== 0],
  LogicalXor: ['Xor', (a, b) => (a !== 0) !== (b !== 0)],
  NotEqual: ['', (a, b) => a !== b],
};

for (const [name, [op, fold]] of Object.entries(COMPARISONS)) {
  defineKernel(name, ({ inputs, recording }) => {
    const a = inputs['a']!;
    const b = inputs['b']!;
    const x = uniformValue(a);
    const y = uniformValue(b);
    if (x !== undefined && y !== undefined)
      return uniform(Number(fold(x, y)), broadcastShape([a.shape, b.shape]), 'bool');
    if (name.startsWith('Logical')) {
      // `and true`, `or false` change nothing.
      const neutral = name === 'LogicalAnd' ? 1 : 0;
      if (x === neutral) return repeated(b, broadcastShape([a.shape, b.shape]));
      if (y === neutral) return repeated(a, broadcastShape([a.shape, b.shape]));
    }
    // ONNX orders numbers only; tfjs orders truth values too.
    const ordered = (value: Traced) =>
      value.dtype === 'bool' && /Less|Greater/.test(op) ? cast(recording, value, 'int32') : value;
    if (op === '') return not(recording, elementwise(recording, 'Equal', [a, b], 'bool'));
    return elementwise(recording, op, [ordered(a), ordered(b)], 'bool');
  });
}

const not = (recording: Recording, x: Traced): Traced => {
  const value = uniformValue(x);
  return value === undefined ? mapped(recording, 'Not', x) : uniform(1 - value, x.shape, 'bool');
};

defineKernel('LogicalNot', ({ inputs, recording }) => not(recording, inputs['x']!));

defineKernel('IsNan', ({ inputs, recording }) => mapped(recording, 'IsNaN', inputs['x']!, { dtype: 'bool' }));
defineKernel('IsInf', ({ inputs, recording }) => mapped(recording, 'IsInf', inputs['x']!, { dtype: 'bool' }));
defineKernel('IsFinite', ({ inputs, recording }) => {
  const x = inputs['x']!;
  const bad = (op: string) => mapped(recording, op, x, { dtype: 'bool' });
  return not(recording, elementwise(recording, 'Or', [bad('IsNaN'), bad('IsInf')], 'bool'));
});

defineKernel('Select', ({ inputs, recording }) => {
  const { condition, t, e } = inputs as Record<'condition' | 't' | 'e', Traced>;
  const known = uniformValue(condition);
  const shape = broadcastShape([t.shape, e.shape]);
  if (known !== undefined) return repeated(known ? t : e, shape);
  if (condition.shape.length === 1 && shape.length > 1) {
    // tfjs: a vector chooses whole rows.
    const rows = reshape(recording, condition, [condition.shape[0]!, ...shape.slice(1).map(() => 1)]);
    return elementwise(recording, 'Where', [rows, t, e], t.dtype);
  }
  if (uniformValue(t) === 1 && uniformValue(e) === 0) return masked(repeated(condition, shape), t.dtype);
  return elementwise(recording, 'Where', [condition, t, e], t.dtype);
});

/** A value in another type. The cast of truth values is put off: products with them have cheaper forms. */
export const cast = (recording: Recording, x: Traced, dtype: Traced['dtype']): Traced => {
  if (dtype === x.dtype) return x;
  const value = uniformValue(x);
  if (value !== undefined)
    return uniform(
      dtype === 'bool' ? Number(value !== 0) : dtype === 'int32' ? Math.trunc(value) : value,
      x.shape,
      dtype,
    );
  if (x.source.kind === 'mask') {
    return dtype === 'bool' ? x.source.of : { ...x, dtype };
  }
  if (x.dtype === 'bool') return masked(x, dtype);
  return mapped(recording, 'Cast', x, { dtype, attributes: castTo(dtype) });
};

defineKernel<{ dtype: Traced['dtype'] }>('Cast', ({ inputs, attributes, recording }) =>
  cast(recording, inputs['x']!, attributes.dtype),
);
defineKernel('Identity', ({ inputs }) => inputs['x']!);
