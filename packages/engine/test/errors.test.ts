import { eagerEngine } from '@detrain/tooling/eager';
import { afterAll, describe, expect, test } from 'vitest';
import { createEngine } from '../src/index.ts';
import { tf } from '../src/tf.ts';
import type { TrainingProgram } from '../src/types.ts';
import { assign, inferenceProgram, inputsOf, trainingProgram } from './network.ts';

describe.each([eagerEngine, 'compiled'] as const)('%s', async (name) => {
  const engine = await createEngine({ engine: name, threads: 1 });
  afterAll(() => engine.dispose());
  const inputs = inputsOf();

  test('an error of assign comes out and breaks nothing', async () => {
    const training = engine.training(trainingProgram);
    const { total } = await training.step(inputs, assign);
    const before = engine.memory();
    await expect(
      training.step(inputs, () => {
        throw new RangeError('no match');
      }),
    ).rejects.toThrow(RangeError);
    await expect(training.step(inputs, () => ({}))).rejects.toThrow(/no target 'boxes'.*targets\(\)/);
    await expect(training.step(inputs, (seen) => ({ ...assign(seen), extra: seen['boxes']! }))).rejects.toThrow(
      "'extra'",
    );
    const flat = { shape: [1], dtype: 'float32', data: new Float32Array(1) } as const;
    await expect(training.step(inputs, (seen) => ({ ...assign(seen), boxes: flat }))).rejects.toThrow(
      /\[1\].*\[2, 5, 4\].*Pad/,
    );
    expect(engine.memory()).toEqual(before);
    expect((await training.step(inputs, assign)).total).toBe(total);
  });

  test('inputs that do not fit are named', async () => {
    const training = engine.training(trainingProgram);
    const { query: _, ...missing } = inputs;
    await expect(training.step(missing, assign)).rejects.toThrow("'query'");
    const short = { ...inputs['query']!, data: new Float32Array(3) };
    await expect(training.step({ ...inputs, query: short }, assign)).rejects.toThrow(
      /'query'.*\[1, 5, 16\].*3 elements/,
    );
    const wrong = { ...inputs['query']!, data: new Int32Array(80) };
    await expect(training.step({ ...inputs, query: wrong }, assign)).rejects.toThrow('Int32Array');
    const whole = { ...inputs['query']!, dtype: 'int32', data: new Int32Array(80) } as const;
    await expect(training.step({ ...inputs, query: whole }, assign)).rejects.toThrow('trainable');
    const inference = engine.inference(inferenceProgram);
    await expect(inference.run({ ...inputs, query: short })).rejects.toThrow('3 elements');
  });

  test('an error of the program comes out and leaves no tensors', async () => {
    const before = engine.memory();
    const broken: TrainingProgram = {
      ...trainingProgram,
      forward: (given) => {
        tf.add(given['query']!, 1);
        throw new TypeError('broken layer');
      },
    };
    await expect(engine.training(broken).step(inputs, assign)).rejects.toThrow('broken layer');
    const unloved: TrainingProgram = {
      ...trainingProgram,
      forward: (given) => ({
        ...trainingProgram.forward(given),
        loss: () => {
          throw new TypeError('broken loss');
        },
      }),
    };
    await expect(engine.training(unloved).step(inputs, assign)).rejects.toThrow('broken loss');
    expect(engine.memory()).toEqual(before);
  });

  test('odd programs run: no read-back, terms that need no targets, comparisons, nothing trainable', async () => {
    const odd: TrainingProgram = {
      name: 'odd',
      trainable: ['x'],
      targets: () => ({}),
      forward: ({ x }) => ({
        readback: {},
        updates: {},
        loss: () => {
          const total = tf.sum(tf.where(tf.greater(x!, 0), tf.mul(x!, 3), tf.neg(x!))).asScalar();
          return { total, terms: { same: total, size: tf.scalar(2) } };
        },
      }),
    };
    const x = { shape: [3], dtype: 'float32', data: Float32Array.of(1, -2, 3) } as const;
    const result = await engine.training(odd).step({ x }, () => ({}));
    expect(result).toMatchObject({ total: 14, terms: { same: 14, size: 2 }, updates: {} });
    expect([...result.gradients['x']!.data]).toEqual([3, -1, 3]);
    const frozen: TrainingProgram = {
      ...odd,
      trainable: [],
      forward: (given) => ({
        ...odd.forward(given),
        readback: { x: given['x']! },
        updates: { y: tf.mul(given['x']!, 2) },
      }),
    };
    const still = await engine.training(frozen).step({ x }, (readback) => {
      expect([...readback['x']!.data]).toEqual([1, -2, 3]);
      return {};
    });
    expect(still.total).toBe(14);
    expect([...still.updates['y']!.data]).toEqual([2, -4, 6]);
  });
});
