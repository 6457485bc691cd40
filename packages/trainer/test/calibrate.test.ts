import '@tensorflow/tfjs';
import { createRng, type HostTensor } from '@detrain/core';
import { createEngine, type Engine } from '@detrain/engine';
import { makePass } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrate, freezeParameters, stepInputs } from '../src/index.ts';
import { normedDetector as detector, normedWeights } from './normed.ts';

/** Images whose channels are far from mean 0 and variance 1. */
const imagesOf = (seed: number, count = 8): HostTensor => {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: count * 4 * 4 * 3 }, (_, i) => rng.next() * (1 + (i % 3)) + (i % 3));
  return { shape: [count, 4, 4, 3], dtype: 'float32', data };
};

describe('calibrate', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ engine: 'compiled', threads: 1 });
  });
  afterAll(() => engine.dispose());

  const predict = async (parameters: ReadonlyMap<string, HostTensor>, images: HostTensor, batchStatistics: boolean) => {
    const inference = engine.inference({
      name: 'predict',
      run: (inputs) => {
        const pass = makePass({ batchStatistics, tensors: inputs, specs: detector.parameters });
        const [main] = detector.decode(detector.encode(inputs['images'] as Tensor4D, pass), pass);
        return { logits: main!.layers[0]!.logits };
      },
    });
    const { logits } = await inference.run(stepInputs({ detector, parameters, images }));
    await inference.dispose();
    return logits!.data;
  };

  it('changes no output, and batch statistics give the same on what it saw', async () => {
    const parameters = normedWeights();
    const batches = [imagesOf(1), imagesOf(2)];
    const changed = await calibrate({ engine, detector, parameters, batches });
    expect([...changed.keys()].sort()).toEqual(
      ['backbone.stem.bn', 'encoder.norm']
        .flatMap((norm) => ['bias', 'running_mean', 'running_var', 'weight'].map((part) => `${norm}.${part}`))
        .sort(),
    );
    const calibrated = new Map([...parameters, ...changed]);
    for (const images of [batches[0]!, imagesOf(3)])
      expect(await predict(calibrated, images, false)).toBeAllclose(await predict(parameters, images, false), {
        atol: 1e-5,
        rtol: 1e-5,
      });
    // The two batches as one have exactly the measured statistics.
    const both: HostTensor = {
      shape: [16, 4, 4, 3],
      dtype: 'float32',
      data: Float32Array.from(batches.flatMap(({ data }) => [...data])),
    };
    const wanted = await predict(parameters, both, false);
    expect(await predict(calibrated, both, true)).toBeAllclose(wanted, { atol: 1e-4, rtol: 1e-4 });
    const before = await predict(parameters, both, true);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - (before[i] as number))))).toBeGreaterThan(0.1);
  });

  it('weighs batches by their images', async () => {
    const parameters = normedWeights();
    const [a, b] = [imagesOf(1, 2), imagesOf(2, 6)];
    const data = Float32Array.from([...a.data, ...b.data]);
    const apart = await calibrate({ engine, detector, parameters, batches: [a, b] });
    const whole: HostTensor = { shape: [8, 4, 4, 3], dtype: 'float32', data };
    const together = await calibrate({ engine, detector, parameters, batches: [whole] });
    for (const [name, tensor] of together)
      expect(apart.get(name)?.data).toBeAllclose(tensor.data, { atol: 1e-5, rtol: 1e-5 });
  });

  it('leaves frozen norms alone, and wants images', async () => {
    const parameters = normedWeights();
    const frozen = freezeParameters(detector, ['backbone']);
    const changed = await calibrate({ engine, detector: frozen, parameters, batches: [imagesOf(1)] });
    expect([...changed.keys()].every((name) => name.startsWith('encoder.norm'))).toBe(true);
    await expect(calibrate({ engine, detector, parameters, batches: [] })).rejects.toThrow(
      /no batch to calibrate with/,
    );
  });
});
