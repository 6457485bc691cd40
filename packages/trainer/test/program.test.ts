import { createEngine } from '@detrain/engine';
import { eagerEngine } from '@detrain/tooling/eager';
import { describe, expect, it } from 'vitest';
import { predictionProgram, stepInputs } from '../src/index.ts';
import { miniBatch, miniDetector, miniWeights } from './mini.ts';

describe('stepInputs', () => {
  it.each([
    ['only the rows of known queries, where the own ones see each other alone', 1, [3, 8]],
    ['all rows, where an own query sees a known one', 0, [8, 8]],
  ])('masks %s', (_, blocks, shape) => {
    const blocked = Uint8Array.from({ length: 64 }, (_, i) => Number(i % 8 < 3 && i >= 24));
    blocked[8 * 7 + 2] = blocks;
    const known = {
      name: 'known',
      count: 3,
      labels: new Int32Array(6),
      boxes: new Float32Array(24),
      blocked,
      assignments: [],
      groups: 1,
    };
    const { images } = miniBatch();
    const inputs = stepInputs({ detector: miniDetector, parameters: miniWeights(), images, known });
    const mask = inputs['known.mask'];
    expect(mask?.shape).toEqual(shape);
    expect([...(mask?.data ?? [])]).toEqual([...blocked.subarray(0, 8 * shape[0]!)].map((block) => (block ? -1e9 : 0)));
  });
});

describe('predictionProgram', () => {
  it('gives the last layer of the main group', async () => {
    const eager = await createEngine({ engine: eagerEngine });
    const inference = eager.inference(predictionProgram(miniDetector));
    const inputs = stepInputs({ detector: miniDetector, parameters: miniWeights(), images: miniBatch().images });
    const { logits, boxes } = await inference.run(inputs);
    expect(logits?.shape).toEqual([2, 5, 3]);
    expect(boxes?.shape).toEqual([2, 5, 4]);
    await inference.dispose();
    await eager.dispose();
  });
});
