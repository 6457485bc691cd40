import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineKernel, kernelNames, trace, uniform, write } from '../src/index.ts';
import { check, countOps, numbers, runGraph, specsOf, withGradients } from './harness.ts';

const vector = { x: { shape: [3], dtype: 'float32' } } as const;

beforeEach(async () => {
  await tf.setBackend('cpu');
});

describe('trace', () => {
  it('leaves the backend and the memory as they were', () => {
    const kept = tf.tensor1d([1, 2, 3]);
    const before = { ...tf.memory() };
    trace(
      withGradients(({ x }) => ({ y: tf.sum(tf.mul(tf.square(x!), kept)) }), ['x']),
      vector,
    );
    expect(tf.getBackend()).toBe('cpu');
    expect({ ...tf.memory() }).toEqual(before);
    expect(kept.dataSync()).toEqual(Float32Array.of(1, 2, 3));
    kept.dispose();
  });

  it('leaves them so after an error, too, even inside a gradient', () => {
    const before = { ...tf.memory() };
    const broken = () =>
      trace(
        ({ x }) => ({
          y: tf.grad((v: tf.Tensor) => {
            tf.mul(tf.square(v), 3);
            throw new Error('mine');
          })(x!),
        }),
        vector,
      );
    expect(broken).toThrow('mine');
    expect(tf.getBackend()).toBe('cpu');
    expect({ ...tf.memory() }).toEqual(before);
  });

  it('takes tensors from outside as constants', async () => {
    const outside = tf.tensor1d([10, 20, 30]);
    await check(({ x }) => ({ y: tf.add(x!, outside) }), { x: numbers([3]) });
    outside.dispose();
  });

  it('names outputs by keys, in order, also for inputs, constants and twins', async () => {
    const inputs = { x: numbers([3]) };
    const program = ({ x }: Record<string, tf.Tensor>) => {
      const y = tf.neg(x!);
      return { first: y, second: y, same: tf.clone(x!), given: x!, zero: tf.zeros([2, 2]), known: tf.tensor1d([1, 2]) };
    };
    const graph = await check(program, inputs);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['first', 'second', 'same', 'given', 'zero', 'known']);
  });

  it('keeps every input and knows every value', () => {
    const graph = trace(({ x }) => ({ y: tf.exp(tf.mul(x!, 2)) }), {
      ...vector,
      unused: { shape: [2, 2], dtype: 'int32' },
    });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'unused']);
    for (const node of graph.nodes) for (const name of node.outputs) expect(graph.values.get(name)?.shape).toEqual([3]);
  });

  it('says which kernel is missing and how to add it', () => {
    const run = () => trace(({ x }) => ({ y: tf.image.flipLeftRight(tf.reshape(x!, [1, 3, 1, 1])) }), vector);
    expect(run).toThrow(/tfjs kernel 'FlipLeftRight'.*defineKernel\('FlipLeftRight'/);
    expect(tf.getBackend()).toBe('cpu');
  });

  it('refuses to read a value, and an output named like an input', () => {
    expect(() => trace(({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) }), vector)).toThrow(/read while tracing/);
    expect(() => trace(({ x }) => ({ x: tf.neg(x!) }), vector)).toThrow(/'x' has the name of an input/);
    expect(() => trace(({ x }) => ({ y: x! }), { '#0': vector.x, ...vector })).toThrow(/'#0'/);
  });

  it('lets known numbers be read', () => {
    const graph = trace(({ x }) => {
      const [size] = tf.tensor1d([3, 4]).dataSync();
      return { y: tf.mul(x!, size!) };
    }, vector);
    expect(countOps(graph)).toEqual({ Mul: 1 });
  });

  it('works with custom gradients', async () => {
    const doubled = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      return { value: tf.square(x as tf.Tensor), gradFunc: (dy, [saved]) => tf.mul(dy, tf.mul(saved!, 4)) };
    });
    await check(
      withGradients(({ x }) => ({ y: doubled(x!) }), ['x']),
      { x: numbers([4]) },
    );
  });

  it('runs kernels that others define', async () => {
    defineKernel<{ by: number }>('DetrainTestScale', ({ inputs, attributes, recording }) =>
      write.arithmetic(recording).mul(inputs['x']!, uniform(attributes.by, [])),
    );
    expect(kernelNames()).toContain('DetrainTestScale');
    const inputs = { x: numbers([3]) };
    const graph = trace(
      ({ x }) => ({ y: tf.engine().runKernel('DetrainTestScale', { x: x! }, { by: 2 }) as tf.Tensor }),
      specsOf(inputs),
    );
    const { y } = await runGraph(graph, inputs);
    expect(y!.data).toBeAllclose(Array.from(inputs.x.data, (value) => 2 * value));
  });
});

describe('what is not recorded', () => {
  const count = (run: (x: tf.Tensor) => tf.Tensor) =>
    trace(({ x }) => ({ y: run(x!) }), { x: { shape: [2, 3, 4], dtype: 'float32' } });

  it('products with ones, sums with zeros, double negation of order', () => {
    const graph = count((x) => {
      const same = tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x));
      return tf.transpose(tf.exp(tf.transpose(same, [2, 0, 1])), [1, 2, 0]);
    });
    expect(countOps(graph)).toEqual({ Exp: 1 });
  });

  it('the same node twice, and nodes that nobody needs', () => {
    const graph = count((x) => {
      tf.sin(x);
      return tf.add(tf.exp(x), tf.exp(x));
    });
    expect(countOps(graph)).toEqual({ Exp: 1, Add: 1 });
  });

  it('repetitions that a sum undoes', () => {
    const graph = count((x) => tf.sum(tf.mul(tf.sum(x, 1, true), tf.ones([2, 3, 4])), 1));
    expect(countOps(graph)).toEqual({ ReduceSum: 1, Mul: 1, Reshape: 1 });
  });

  it('large constants of one number', () => {
    const graph = count((x) => tf.mul(tf.fill([2, 3, 4], 7), x));
    expect([...graph.constants.values()].map(({ data }) => data.length)).toEqual([1]);
  });
});
