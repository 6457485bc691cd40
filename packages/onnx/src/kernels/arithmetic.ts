import { arithmetic } from '../arithmetic.ts';
import { broadcastShape, elementwise, mapped, repeated } from '../elementwise.ts';
import { defineKernel, type KernelCall } from '../kernel.ts';
import { masked, type Traced, uniform, uniformValue } from '../traced.ts';
import { cast } from './logic.ts';

const operands = ({ inputs }: KernelCall): [Traced, Traced] => [inputs['a']!, inputs['b']!];

defineKernel('Add', (call) => arithmetic(call.recording).add(...operands(call)));
defineKernel('Sub', (call) => arithmetic(call.recording).sub(...operands(call)));
defineKernel('Multiply', (call) => arithmetic(call.recording).mul(...operands(call)));
defineKernel('RealDiv', (call) => arithmetic(call.recording).div(...operands(call)));
defineKernel('Maximum', (call) => elementwise(call.recording, 'Max', operands(call)));
defineKernel('Minimum', (call) => elementwise(call.recording, 'Min', operands(call)));

defineKernel('AddN', ({ inputs, recording }) => {
  const { add } = arithmetic(recording);
  return Object.values(inputs).reduce((sum, value) => add(sum, value));
});

defineKernel('SquaredDifference', (call) => {
  const { sub, mul } = arithmetic(call.recording);
  const difference = sub(...operands(call));
  return mul(difference, difference);
});

defineKernel('FloorDiv', (call) => {
  const { recording } = call;
  const { sub, mul } = arithmetic(recording);
  const [a, b] = operands(call);
  const quotient = elementwise(recording, 'Div', [a, b]);
  // In tfjs the result is an integer whatever the operands are.
  if (a.dtype === 'float32') return cast(recording, mapped(recording, 'Floor', quotient), 'int32');
  // ONNX divides integers towards zero: one less where the signs differ and something is left over.
  const rest = sub(a, mul(quotient, b));
  const zero = uniform(0, [], 'int32');
  const negative = (x: Traced) => elementwise(recording, 'Less', [x, zero], 'bool');
  const left = mapped(recording, 'Not', elementwise(recording, 'Equal', [rest, zero], 'bool'));
  const below = elementwise(recording, 'And', [left, elementwise(recording, 'Xor', [negative(rest), negative(b)])]);
  return sub(quotient, masked(below, 'int32'));
});

defineKernel('Mod', (call) => {
  const { recording } = call;
  const { sub, mul } = arithmetic(recording);
  const [a, b] = operands(call);
  if (a.dtype === 'int32') return elementwise(recording, 'Mod', [a, b]);
  return sub(a, mul(b, mapped(recording, 'Floor', elementwise(recording, 'Div', [a, b]))));
});

/** Powers that are cheaper as products and roots. */
const power = ({ recording }: KernelCall, x: Traced, exponent: number): Traced | undefined => {
  const { mul, div, number } = arithmetic(recording);
  const root = () => mapped(recording, 'Sqrt', x);
  const one = number(1, x);
  switch (exponent) {
    case 0:
      return uniform(1, x.shape, x.dtype);
    case 1:
      return x;
    case 2:
      return mul(x, x);
    case 3:
      return mul(mul(x, x), x);
    case 4:
      return mul(mul(x, x), mul(x, x));
    case 0.5:
      return root();
    case 1.5:
      return mul(x, root());
    case -0.5:
      return div(one, root());
    case -1:
      return div(one, x);
    case -2:
      return div(one, mul(x, x));
    default:
      return undefined;
  }
};

defineKernel('Pow', (call) => {
  const [a, b] = operands(call);
  const exponent = uniformValue(b);
  const shape = broadcastShape([a.shape, b.shape]);
  const short = exponent === undefined || a.dtype !== 'float32' ? undefined : power(call, a, exponent);
  return short ? repeated(short, shape) : elementwise(call.recording, 'Pow', [a, b]);
});

defineKernel('Prelu', ({ inputs, recording }) => {
  const x = inputs['x']!;
  const positive = elementwise(recording, 'Greater', [x, uniform(0, [])], 'bool');
  const scaled = arithmetic(recording).mul(x, inputs['alpha']!);
  return elementwise(recording, 'Where', [positive, x, scaled], x.dtype);
});
