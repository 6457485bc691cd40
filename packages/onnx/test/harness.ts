import '@tensorflow/tfjs';
import type { DType, HostTensor, TensorSpec } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { encodeModel, type Graph, trace } from '../src/index.ts';

export type Program = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;
export type Inputs = Readonly<Record<string, HostTensor>>;

/** Deterministic numbers in [low, high). */
export const numbers = (shape: readonly number[], seed = 1, low = -1, high = 1): HostTensor => {
  let state = seed * 2654435761;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * (state >>> 8)) / 2 ** 24;
  });
  return { shape, dtype: 'float32', data };
};

export const integers = (shape: readonly number[], low: number, high: number, seed = 1): HostTensor => {
  const { data } = numbers(shape, seed, low, high);
  return { shape, dtype: 'int32', data: Int32Array.from(data, Math.floor) };
};

export const bools = (shape: readonly number[], seed = 1): HostTensor => {
  const { data } = numbers(shape, seed);
  return { shape, dtype: 'bool', data: Uint8Array.from(data, (x) => Number(x > 0)) };
};

export const specsOf = (inputs: Inputs): Record<string, TensorSpec> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

/** Runs a program eagerly on the reference backend. */
export const runEager = (program: Program, inputs: Inputs): Record<string, HostTensor> => {
  void tf.setBackend('cpu');
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data as Float32Array, [...shape], dtype),
      ]),
    );
    return Object.fromEntries(
      Object.entries(program(tensors)).map(([name, tensor]) => [
        name,
        { shape: tensor.shape, dtype: tensor.dtype as DType, data: tensor.dataSync() as Float32Array },
      ]),
    );
  });
};

export const open = (graph: Graph, threads = 1): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(encodeModel(graph), { intraOpNumThreads: threads, logSeverityLevel: 3 });

export const feedsOf = (inputs: Inputs): Record<string, ort.Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype, data as Float32Array, shape),
    ]),
  );

/** Runs a graph with onnxruntime. */
export const runGraph = async (graph: Graph, inputs: Inputs, threads = 1): Promise<Record<string, HostTensor>> => {
  const session = await open(graph, threads);
  try {
    const results = await session.run(feedsOf(inputs));
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, type, data }]) => [
        name,
        { shape: dims, dtype: type as DType, data: data as Float32Array },
      ]),
    );
  } finally {
    await session.release();
  }
};

export interface Tolerance {
  readonly atol?: number;
  readonly rtol?: number;
}

/** The graph must give these tensors: shapes, types and numbers. */
export const expectSame = (
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  { atol = 1e-5, rtol = 1e-4 }: Tolerance = {},
): void => {
  for (const [name, want] of Object.entries(expected)) {
    const got = actual[name]!;
    expect(got.shape, `shape of ${name}`).toEqual(want.shape);
    expect(got.dtype, `type of ${name}`).toBe(want.dtype);
    expect(got.data, name).toBeAllclose(want.data, { atol, rtol });
  }
};

/** The recorded program must give what the cpu backend gives. Returns the graph. */
export const check = async (program: Program, inputs: Inputs, tolerance: Tolerance = {}): Promise<Graph> => {
  const expected = runEager(program, inputs);
  const graph = trace(program, specsOf(inputs));
  expectSame(await runGraph(graph, inputs), expected, tolerance);
  return graph;
};

/** Adds gradients of a weighted sum of the outputs with respect to the named float inputs. */
export const withGradients =
  (program: Program, names: readonly string[]): Program =>
  (inputs) => {
    const given = names.map((name) => inputs[name]!);
    const outputs: Record<string, tf.Tensor> = {};
    const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
      const results = program({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, xs[i]!])) });
      const sums = Object.entries(results).flatMap(([name, y], i) => {
        outputs[name] = tf.keep(y.clone());
        if (y.dtype !== 'float32') return [];
        const { data } = numbers(y.shape, 77 + i);
        return [tf.sum(tf.mul(y, tf.tensor(data, y.shape, 'float32')))];
      });
      return tf.addN(sums) as tf.Scalar;
    })(given);
    const kept = Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, y.clone()]));
    for (const y of Object.values(outputs)) y.dispose();
    return { ...kept, value, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, grads[i]!])) };
  };

/** How often each operation occurs. */
export const countOps = (graph: Graph): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};
