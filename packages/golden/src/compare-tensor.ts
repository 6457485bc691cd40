import { floatsOf, type GoldenCase, valuesOf } from './case.ts';
import type { Checks } from './checks.ts';

/**
 * Compares a whole tensor of ours with what a case stored of it: all, its first elements and elements at equal strides,
 * and the l2 norm of the whole from meta.json.
 *
 * @returns whether the case has the tensor
 */
export const compareTensor = (
  golden: GoldenCase,
  checks: Checks,
  name: string,
  ours: ArrayLike<number>,
  tolerance: number,
): boolean => {
  const tensors = golden.tensors();
  const full = tensors[name];
  if (full) checks.close(name, ours, floatsOf(full), tolerance);
  const first = tensors[`${name}.first`];
  if (first) {
    const values = valuesOf(first);
    checks.close(`${name}.first`, Array.prototype.slice.call(ours, 0, values.length), values, tolerance);
  }
  const strided = tensors[`${name}.strided`];
  if (strided) {
    const values = valuesOf(strided);
    const at = (i: number) => ours[Math.floor((i * ours.length) / values.length)] as number;
    checks.close(
      `${name}.strided`,
      Float64Array.from(values, (_, i) => at(i)),
      values,
      tolerance,
    );
    const meta = (golden.meta['tensors'] as Record<string, { readonly l2?: number }> | undefined)?.[`${name}.strided`];
    if (meta?.l2 !== undefined) {
      let squares = 0;
      for (let i = 0; i < ours.length; i++) squares += (ours[i] as number) ** 2;
      checks.number(`${name} l2`, Math.sqrt(squares), meta.l2, tolerance, 1);
    }
  }
  return Boolean(full ?? first ?? strided);
};
