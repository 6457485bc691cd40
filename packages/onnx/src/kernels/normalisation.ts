import { util } from '@tensorflow/tfjs-core';
import { arithmetic } from '../arithmetic.ts';
import { mapped } from '../elementwise.ts';
import { defineKernel } from '../kernel.ts';
import type { Recording } from '../recording.ts';
import { type Traced, uniform } from '../traced.ts';

/** A node over one logical axis that needs that axis whole. */
const along = (recording: Recording, op: string, x: Traced, logical: number): Traced => {
  const axis = util.parseAxisParam(logical, [...x.shape])[0]!;
  return mapped(recording, op, recording.placed(x, { whole: [axis] }), {
    attributes: { axis: { int: x.perm.indexOf(axis) } },
  });
};

defineKernel<{ dim: number }>('Softmax', ({ inputs, attributes, recording }) =>
  along(recording, 'Softmax', inputs['logits']!, attributes.dim),
);
defineKernel<{ axis: number }>('LogSoftmax', ({ inputs, attributes, recording }) =>
  along(recording, 'LogSoftmax', inputs['logits']!, attributes.axis),
);

/** x a + (offset - mean a) with a = scale / sqrt(variance + epsilon): two passes over the map. */
defineKernel<{ varianceEpsilon: number }>('FusedBatchNorm', ({ inputs, attributes, recording }) => {
  const { x, mean, variance, scale, offset } = inputs as Record<string, Traced>;
  const { add, sub, mul, rsqrt, neg } = arithmetic(recording);
  const inverse = rsqrt(add(variance!, uniform(attributes.varianceEpsilon, [])));
  const factor = scale ? mul(inverse, scale) : inverse;
  const moved = mul(mean!, factor);
  return add(mul(x!, factor), offset ? sub(offset, moved) : neg(moved));
});
