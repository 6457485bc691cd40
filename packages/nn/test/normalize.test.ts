import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm, learnableAffine, makePass, relu, withoutTape } from '../src/index.ts';
import { moduleGradientError, noise, somewhere } from './helpers.ts';

beforeAll(useEager);

const EPS = 1e-5;
const CHANNELS = 3;
const input = () => tf.add(noise([2, 5, 4, CHANNELS], 'x', 2), 0.5) as tf.Tensor4D;

const cases = [true, false].flatMap((batchStatistics) =>
  [true, false].flatMap((rectified) =>
    [true, false].map((affine) => ({
      batchStatistics,
      rectified,
      affine,
      name: `${batchStatistics ? 'batch' : 'fixed'} statistics${rectified ? ', relu' : ''}${affine ? ', affine' : ''}`,
    })),
  ),
);

const moduleOf = (rectified: boolean, affine: boolean) =>
  batchNorm('m', { channels: CHANNELS, relu: rectified, ...(affine ? { affine: 'lab' } : {}) });

/** The same of plain operations, each with tfjs's own gradient. */
const composed = (
  x: tf.Tensor4D,
  tensors: Readonly<Record<string, tf.Tensor>>,
  { batchStatistics, rectified, affine }: (typeof cases)[number],
): tf.Tensor => {
  const moments = tf.moments(x, [0, 1, 2]);
  const mean = batchStatistics ? moments.mean : tensors['m.running_mean']!;
  const variance = batchStatistics ? moments.variance : tensors['m.running_var']!;
  const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPS)));
  const z = tf.add(tf.mul(normal, tensors['m.weight']!), tensors['m.bias']!);
  const y = rectified ? relu(z) : z;
  return affine ? learnableAffine('lab').forward(y, makePass({ tensors })) : y;
};

describe.each(cases)('batch norm: $name', (given) => {
  const module = moduleOf(given.rectified, given.affine);
  const options = { training: true, batchStatistics: given.batchStatistics };
  const names = module.parameters.filter(({ kind }) => kind === 'trainable').map(({ name }) => name);

  it('has the gradients of central differences', () => {
    const run = ([x]: readonly tf.Tensor[], pass: Parameters<typeof module.forward>[1]) =>
      module.forward(x as tf.Tensor4D, pass);
    expect(moduleGradientError(module.parameters, run, [input()], options)).toBeLessThan(1e-2);
  });

  it.each([
    ['some', {}],
    ['negative', { 'lab.scale': tf.tensor1d([-0.7]), 'm.weight': tf.tensor1d([0.5, -1.2, 0.8]) }],
    ['zero', { 'lab.scale': tf.tensor1d([0]), 'm.weight': tf.tensor1d([0.5, 0, -0.8]) }],
  ])('is its parts one after another, value and gradients, with %s scales', (_, changed) => {
    const specs = module.parameters;
    const tensors = { ...somewhere(specs), ...changed } as Record<string, tf.Tensor>;
    const x = input();
    const weights = noise(x.shape, 'weights');
    const gradientsOf = (f: (x: tf.Tensor4D, tensors: Record<string, tf.Tensor>) => tf.Tensor) =>
      tf.grads((...inputs) => {
        const own = Object.fromEntries(names.map((name, i) => [name, inputs[i + 1]!]));
        return tf.sum(tf.mul(f(inputs[0] as tf.Tensor4D, { ...tensors, ...own }), weights));
      })([x, ...names.map((name) => tensors[name]!)]);
    const forward = (map: tf.Tensor4D, bound: Record<string, tf.Tensor>) =>
      module.forward(map, makePass({ ...options, tensors: bound, specs }));
    const parts = (map: tf.Tensor4D, bound: Record<string, tf.Tensor>) => composed(map, bound, given);

    expect(forward(x, tensors).dataSync()).toBeAllclose([...parts(x, tensors).dataSync()]);
    const wanted = gradientsOf(parts);
    for (const [i, gradient] of gradientsOf(forward).entries()) {
      expect(gradient.shape).toEqual(wanted[i]!.shape);
      expect(gradient.dataSync()).toBeAllclose([...wanted[i]!.dataSync()], { atol: 2e-5, rtol: 1e-4 });
    }
  });
});

describe('batch norm with what follows it', () => {
  it('has the parameters of both, in order', () => {
    expect(moduleOf(true, true).parameters.map(({ name }) => name)).toEqual([
      ...moduleOf(true, false).parameters.map(({ name }) => name),
      'lab.scale',
      'lab.bias',
    ]);
  });

  it('records the same statistics, and shows what enters it', () => {
    const updates = [true, false].map((affine) => {
      const module = moduleOf(affine, affine);
      const seen: string[] = [];
      const tensors = somewhere(module.parameters);
      const pass = makePass({ training: true, tensors, observe: (name) => seen.push(name) });
      withoutTape(() => module.forward(input(), pass));
      expect(seen).toEqual(['m']);
      return [...pass.updates].map(([name, value]) => [name, ...value.dataSync()]);
    });
    expect(updates[0]).toEqual(updates[1]);
    expect(updates[0]).toHaveLength(2);
  });

  it('keeps frozen statistics with frozen scales', () => {
    const module = moduleOf(true, true);
    const specs = module.parameters.map((spec) => ({ ...spec, kind: 'frozen' as const }));
    const tensors = somewhere(module.parameters);
    const pass = makePass({ training: true, tensors, specs });
    const fixed = { ...cases[0]!, batchStatistics: false };
    const x = input();
    expect(module.forward(x, pass).dataSync()).toBeAllclose([...composed(x, tensors, fixed).dataSync()]);
    expect(pass.updates.size).toBe(0);
  });
});
