import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelNames, trace } from '../src/index.ts';
import type { Case } from './cases/case.ts';
import { elementwise } from './cases/elementwise.ts';
import { product } from './cases/product.ts';
import { shape } from './cases/shape.ts';
import { expectSame, runEager, runGraph, specsOf, withGradients } from './harness.ts';

const cases: readonly Case[] = [...elementwise, ...shape, ...product];

/** Kernels that no `tf.*` function calls are called by name. */
const used = new Set<string>(['BroadcastTo', 'LogSoftmax', 'LogicalXor']);

/** Central differences of the scalar `value` at a few elements of an input, on the cpu backend. */
const finiteDifferences = (
  { inputs, program }: Case,
  name: string,
  places: readonly number[],
  step = 5e-3,
): number[] => {
  const value = withGradients(program, [name]);
  const at = (place: number, by: number) => {
    const input = inputs[name]!;
    const data = Float32Array.from(input.data);
    data[place]! += by;
    return runEager((tensors) => ({ value: value(tensors)['value']! }), { ...inputs, [name]: { ...input, data } })[
      'value'
    ]!.data[0]!;
  };
  return places.map((place) => (at(place, step) - at(place, -step)) / (2 * step));
};

const spreadOver = (size: number): number[] => [
  ...new Set([0, 0.23, 0.51, 0.77, 1].map((part) => Math.round(part * (size - 1)))),
];

let done = 0;

describe('every kernel gives what the cpu backend gives', () => {
  it.each(cases)('$name', async (one) => {
    const { inputs, gradients = [], atol, rtol, reference = true, finite = true } = one;
    const program = gradients.length > 0 ? withGradients(one.program, gradients) : one.program;
    const graph = trace(program, specsOf(inputs));
    const actual = await runGraph(graph, inputs);
    const expected = runEager(reference ? program : one.program, inputs);
    void tf.setBackend('cpu');
    const profile = await tf.profile(() => {
      runEager(program, inputs);
      return tf.scalar(0);
    });
    for (const name of profile.kernelNames) used.add(name);
    expectSame(actual, expected, { ...(atol === undefined ? {} : { atol }), ...(rtol === undefined ? {} : { rtol }) });
    done++;
    if (!finite) return;
    for (const name of gradients) {
      const got = actual[`d ${name}`]!.data;
      const places = spreadOver(got.length);
      const numeric = finiteDifferences(one, name, places);
      expect(
        places.map((place) => got[place]!),
        `derivative by ${name}`,
      ).toBeAllclose(numeric, { atol: 2e-2, rtol: 2e-2 });
    }
  });

  afterAll(() => {
    if (done < cases.length) return;
    const missing = kernelNames().filter((name) => !used.has(name));
    expect(missing, 'kernels of the table that no case uses').toEqual([]);
  });
});
