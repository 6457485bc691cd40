import path from 'node:path';
import { crc32, createRng, mulberry32 } from '@detrain/core';
import { solveLsap } from '@detrain/matcher-hungarian';
import { bruteForceLsap } from '@detrain/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, reference } from '../../core/test/_reference.ts';

/** The total of a complete matching; throws where it is not one. */
const totalOf = (cost: ArrayLike<number>, columnOf: Int32Array, columns: number): number => {
  const used = Array.from(columnOf).filter((column) => column >= 0);
  expect(columnOf.every((column) => column >= -1 && column < columns)).toBe(true);
  expect(new Set(used).size).toBe(used.length);
  expect(used.length).toBe(Math.min(columnOf.length, columns));
  let total = 0;
  columnOf.forEach((column, row) => {
    if (column >= 0) total += cost[row * columns + column]!;
  });
  return total;
};

/** Values that make a cost hard: small integers (ties), reals, huge and tiny ones. */
const entry = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.constantFrom(0, 1e9, -1e9, 1e-12),
);
const costs = (values: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }))
    .chain(([rows, columns]) =>
      fc
        .array(values, { minLength: rows * columns, maxLength: rows * columns })
        .map((cost) => ({ cost: Float64Array.from(cost), rows, columns })),
    );

describe('solveLsap', () => {
  it('is as good as trying everything', () => {
    fc.assert(
      fc.property(costs(entry), ({ cost, rows, columns }) => {
        const before = cost.slice();
        const total = totalOf(cost, solveLsap(cost, rows, columns), columns);
        const best = bruteForceLsap(cost, rows, columns);
        expect(Math.abs(total - best)).toBeLessThanOrEqual(1e-9 * Math.max(1, ...cost.map(Math.abs)));
        expect(cost).toEqual(before);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('avoids infinite entries, or says that it cannot', () => {
    fc.assert(
      fc.property(costs(fc.oneof(entry, fc.constant(Infinity))), ({ cost, rows, columns }) => {
        const best = bruteForceLsap(cost, rows, columns);
        if (best === Infinity) {
          expect(() => solveLsap(cost, rows, columns)).toThrow('forbid every complete matching');
          return;
        }
        const total = totalOf(cost, solveLsap(cost, rows, columns), columns);
        const largest = cost.reduce((most, value) => (value < Infinity ? Math.max(most, Math.abs(value)) : most), 1);
        expect(Math.abs(total - best)).toBeLessThanOrEqual(1e-9 * largest);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('takes every combination of sizes, float32 as float64', () => {
    for (const rows of [0, 1, 2, 4, 8, 9])
      for (const columns of [0, 1, 2, 4, 8, 9]) {
        const next = createRng(`${rows}x${columns}`).next;
        const single = Float32Array.from({ length: rows * columns }, next);
        const double = Float64Array.from(single);
        const columnOf = solveLsap(single, rows, columns);
        expect(columnOf.length).toBe(rows);
        expect(columnOf).toEqual(solveLsap(double, rows, columns));
        expect(totalOf(double, columnOf, columns)).toBeCloseTo(bruteForceLsap(double, rows, columns), 9);
      }
  });

  it('gives the transposed answer to a transposed cost', () => {
    const next = createRng('transpose').next;
    const cost = Float64Array.from({ length: 40 * 17 }, next);
    const transposed = Float64Array.from({ length: 17 * 40 }, (_, k) => cost[(k % 40) * 17 + Math.floor(k / 40)]!);
    const columnOf = solveLsap(cost, 40, 17);
    solveLsap(transposed, 17, 40).forEach((row, column) => {
      expect(columnOf[row]).toBe(column);
    });
  });

  it('ends on costs that are all alike, or nearly', () => {
    const size = 300;
    const flat = new Float64Array(size * size).fill(0.1);
    totalOf(flat, solveLsap(flat, size, size), size);
    const next = createRng('nearly').next;
    const nearly = flat.map((value) => value + (next() < 0.5 ? 1e-17 : 1e-16));
    totalOf(nearly, solveLsap(nearly, size, size), size);
    // A product has one best row for everyone: the longest chains of outbidding.
    const product = Float64Array.from({ length: size * size }, (_, k) => (Math.floor(k / size) + 1) * ((k % size) + 1));
    const best = Array.from({ length: size }, (_, i) => (i + 1) * (size - i)).reduce((a, b) => a + b);
    expect(totalOf(product, solveLsap(product, size, size), size)).toBe(best);
  });

  it('names what is wrong with a cost', () => {
    expect(() => solveLsap(Float64Array.of(1, Number.NaN), 1, 2)).toThrow('a cost of NaN at row 0, column 1');
    expect(() => solveLsap(Float32Array.of(1, 2, -Infinity), 3, 1)).toThrow('a cost of -Infinity at row 2, column 0');
    expect(() => solveLsap(new Float64Array(5), 2, 3)).toThrow('a cost of 5 entries. 2 x 3 needs 6');
  });
});

describe('scipy', () => {
  it('agrees on the stored matrices', (test) => {
    const folder = reference(test, 'deim', 'matcher', 'lsa');
    const { cases } = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    for (const [name, { shape, row_ind, col_ind, total, unique, stored }] of Object.entries<{
      shape: [number, number];
      row_ind: number[];
      col_ind: number[];
      total: number;
      unique: boolean | null;
      stored: boolean;
    }>(cases)) {
      const [rows, columns] = shape;
      const cost = stored
        ? tensors.float64(`cost.${name}`)
        : Float64Array.from({ length: rows * columns }, mulberry32(crc32(`lsa.${name}`)));
      const columnOf = solveLsap(cost, rows, columns);
      expect(totalOf(cost, columnOf, columns), name).toBeCloseTo(total, 9);
      if (!unique) continue;
      const expected = new Int32Array(rows).fill(-1);
      row_ind.forEach((row, k) => {
        expected[row] = col_ind[k]!;
      });
      expect(columnOf, name).toEqual(expected);
    }
  });

  it('agrees on the generated matrices', (test) => {
    const summary = readJson(reference(test, 'assign', 'lsa', 'summary.json'));
    const symmetric = (name: string, count: number) => {
      const next = mulberry32(crc32(name));
      return Float64Array.from({ length: count }, () => 2 * next() - 1);
    };
    const unit = (name: string, count: number) => symmetric(name, 4 * count).map((s) => Math.fround(0.5 * s + 0.5));
    for (const [name, { shape, kind, total }] of Object.entries<{
      shape: [number, number];
      kind: string;
      total: number;
    }>(summary)) {
      const [rows, columns] = shape;
      let cost: Float64Array;
      if (kind === 'uniform') cost = symmetric(name, rows * columns).map(Math.fround);
      else if (kind === 'ties') cost = symmetric(name, rows * columns).map((s) => Math.floor(4 * s));
      else {
        const q = unit(`${name}.q`, rows);
        const g = unit(`${name}.g`, columns);
        cost = Float64Array.from({ length: rows * columns }, (_, k) => {
          const i = 4 * Math.floor(k / columns);
          const j = 4 * (k % columns);
          return Math.fround(5 * [0, 1, 2, 3].reduce((sum, e) => sum + Math.abs(q[i + e]! - g[j + e]!), 0));
        });
      }
      expect(totalOf(cost, solveLsap(cost, rows, columns), columns), name).toBeCloseTo(total, 9);
    }
  });
});
