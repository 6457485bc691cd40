import { broadcastShape, elementwise, mapped, repeated } from './elementwise.ts';
import type { Recording } from './recording.ts';
import { masked, type Traced, uniform, uniformValue } from './traced.ts';

type Fold = (a: number, b: number) => number;

/** Arithmetic with the simplifications that tfjs's gradients ask for: they multiply by ones and add zeros everywhere. */
export interface Arithmetic {
  add(a: Traced, b: Traced): Traced;
  sub(a: Traced, b: Traced): Traced;
  mul(a: Traced, b: Traced): Traced;
  div(a: Traced, b: Traced): Traced;
  neg(x: Traced): Traced;
  /** 1 / sqrt(x) */
  rsqrt(x: Traced): Traced;
  /** x + c, c * x, … with a number of x's type. */
  number(value: number, like: Traced): Traced;
}

/** Folds two known numbers; the result has the type of `a`. */
const folded = (a: Traced, b: Traced, fold: Fold): Traced | undefined => {
  const x = uniformValue(a);
  const y = uniformValue(b);
  if (x === undefined || y === undefined) return undefined;
  return uniform(fold(x, y), broadcastShape([a.shape, b.shape]), a.dtype);
};

/** The arithmetic of a recording. */
export const arithmetic = (recording: Recording): Arithmetic => {
  const shapeOf = (a: Traced, b: Traced) => broadcastShape([a.shape, b.shape]);
  const zero = (a: Traced, b: Traced) => uniform(0, shapeOf(a, b), a.dtype);
  const self: Arithmetic = {
    add(a, b) {
      if (uniformValue(a) === 0) return repeated(b, shapeOf(a, b));
      if (uniformValue(b) === 0) return repeated(a, shapeOf(a, b));
      return folded(a, b, (x, y) => x + y) ?? elementwise(recording, 'Add', [a, b]);
    },
    sub(a, b) {
      if (uniformValue(b) === 0) return repeated(a, shapeOf(a, b));
      if (uniformValue(a) === 0) return repeated(self.neg(b), shapeOf(a, b));
      return folded(a, b, (x, y) => x - y) ?? elementwise(recording, 'Sub', [a, b]);
    },
    mul(a, b) {
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const) {
        const value = uniformValue(x);
        if (value === 0) return zero(a, b);
        if (value === 1) return repeated(y, shapeOf(a, b));
        if (value === -1) return repeated(self.neg(y), shapeOf(a, b));
      }
      if (a.source.kind === 'mask' && b.source.kind === 'mask') {
        const both = elementwise(recording, 'And', [a.source.of, b.source.of]);
        return masked(both, a.dtype);
      }
      return folded(a, b, (x, y) => x * y) ?? elementwise(recording, 'Mul', [a, b]);
    },
    div(a, b) {
      if (uniformValue(b) === 1) return repeated(a, shapeOf(a, b));
      if (uniformValue(a) === 0) return zero(a, b);
      return folded(a, b, (x, y) => x / y) ?? elementwise(recording, 'Div', [a, b]);
    },
    neg(x) {
      const value = uniformValue(x);
      return value === undefined ? mapped(recording, 'Neg', x) : uniform(-value, x.shape, x.dtype);
    },
    rsqrt(x) {
      return mapped(recording, 'Reciprocal', mapped(recording, 'Sqrt', x));
    },
    number: (value, like) => uniform(value, [], like.dtype),
  };
  return self;
};
