import { defineKernel } from '../kernel.ts';
import { matmul } from '../matmul.ts';

defineKernel<{ transposeA: boolean; transposeB: boolean }>('BatchMatMul', ({ inputs, attributes, recording }) =>
  matmul(recording, inputs['a']!, inputs['b']!, attributes.transposeA, attributes.transposeB),
);
