/**
 * What kernels are written with: each function records nodes for traced values and returns a traced value.
 *
 * @module
 */
export { type Arithmetic, arithmetic } from './arithmetic.ts';
export { elementwise, type MapOptions, mapped, repeated } from './elementwise.ts';
export { concat, split } from './join.ts';
export { matmul } from './matmul.ts';
export { type Reduction, reduce } from './reduce.ts';
export { reshape } from './reshape.ts';
export { scatterRows } from './scatter.ts';
export { type Cut, pad, slice } from './slice.ts';
export { take } from './take.ts';
