import type { HostTensor } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clipByGlobalNorm,
  createAdamW,
  createEma,
  flatCosine,
  globalNorm,
  linearWarmup,
  parameterGroups,
} from '../src/index.ts';

const host = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});
const one = (names: string[], learningRate = 0.1, weightDecay = 0.01) => [{ names, learningRate, weightDecay }];

describe('AdamW', () => {
  test('the first step is lr * sign(gradient) after the decay', () => {
    const p = new Map([['w', host(1, -2, 3)]]);
    createAdamW({ groups: one(['w']) }).step(p, { w: host(5, -0.5, 0) });
    expect(p.get('w')?.data as Float32Array).toBeAllclose([0.999 - 0.1, -1.998 + 0.1, 2.997], { rtol: 1e-6 });
  });

  test('a parameter without a gradient is left alone and keeps its own step count', () => {
    const p = new Map([
      ['a', host(1)],
      ['b', host(1)],
    ]);
    const optimizer = createAdamW({ groups: one(['a', 'b']) });
    optimizer.step(p, { a: host(1) });
    expect(p.get('b')?.data[0]).toBe(1);
    optimizer.step(p, { a: host(1), b: host(1) });
    expect(optimizer.state()['step.a']?.data[0]).toBe(2);
    expect(optimizer.state()['step.b']?.data[0]).toBe(1);
  });

  test('a resumed run is the uninterrupted run, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { minLength: 4, maxLength: 20 }),
        (gradients) => {
          const run = (
            from: number,
            to: number,
            p: Map<string, HostTensor>,
            optimizer: ReturnType<typeof createAdamW>,
          ) => {
            for (let i = from; i < to; i++) optimizer.step(p, { w: host(gradients[i] ?? 0, 0.3) }, 1 / (i + 1));
          };
          const whole = new Map([['w', host(1, 2)]]);
          run(0, gradients.length, whole, createAdamW({ groups: one(['w']) }));
          const parted = new Map([['w', host(1, 2)]]);
          const first = createAdamW({ groups: one(['w']) });
          run(0, 2, parted, first);
          const second = createAdamW({ groups: one(['w']) });
          second.load(first.state());
          run(2, gradients.length, parted, second);
          expect(parted.get('w')?.data).toEqual(whole.get('w')?.data);
        },
      ),
    );
  });

  test('names what is wrong', () => {
    expect(() => createAdamW({ groups: [...one(['w']), ...one(['w'])] })).toThrow(/w is in two groups/);
    const optimizer = createAdamW({ groups: one(['w']) });
    expect(() => optimizer.step(new Map([['w', host(1, 2)]]), { w: host(1) })).toThrow(
      /gradient of w has 1 elements.*2/,
    );
    expect(() => optimizer.load({ 'step.x': host(1) })).toThrow(/knows x/);
    expect(() => optimizer.load({ 'step.w': host(1) })).toThrow(/exp_avg.w is missing/);
  });
});

describe('clipping', () => {
  test('leaves a small norm, returns a NaN', () => {
    const g = { a: host(0.3), b: host(0.4) };
    expect(clipByGlobalNorm(g, 1)).toBeCloseTo(0.5);
    expect(g.a.data[0]).toBe(Math.fround(0.3));
    expect(clipByGlobalNorm({ a: host(Number.NaN, 1) }, 1)).toBeNaN();
  });

  test('the clipped norm is at most the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        const g = { a: host(...values) };
        clipByGlobalNorm(g, 0.1);
        expect(globalNorm(g)).toBeLessThanOrEqual(0.1 * (1 + 1e-5));
      }),
    );
  });
});

describe('EMA', () => {
  test('averages float tensors only, statistics included', () => {
    const values = new Map<string, HostTensor>([
      ['bn.running_mean', host(0)],
      ['bn.num_batches_tracked', { shape: [], dtype: 'int32', data: Int32Array.of(0) }],
    ]);
    const ema = createEma(values, { decay: 0.5, warmups: 0 });
    values.set('bn.running_mean', host(1));
    ema.update(values);
    expect([...ema.parameters.keys()]).toEqual(['bn.running_mean']);
    expect(ema.parameters.get('bn.running_mean')?.data[0]).toBe(0.5);
  });

  test('state goes round bit for bit, a changed decay too', () => {
    const values = new Map([['w', host(1, 2)]]);
    const a = createEma(values, { decay: 0.9, warmups: 10 });
    a.setDecay(0.1 + 0.2);
    values.set('w', host(-3, 7));
    a.update(values);
    const b = createEma(new Map([['w', host(0, 0)]]), { warmups: 10 });
    b.load(a.state());
    a.update(values);
    b.update(values);
    expect(b.updates).toBe(2);
    expect(b.state()).toEqual(a.state());
  });
});

describe('groups and schedules', () => {
  test('the first-listed rule wins, the rest comes last, unknown settings fall back to the base', () => {
    const rules = [
      { match: /backbone/g, learningRate: 1 },
      { match: /bias/, weightDecay: 0 },
    ];
    const groups = parameterGroups(['backbone.bias', 'head.bias', 'head.weight', 'backbone.w'], rules, {
      learningRate: 2,
      weightDecay: 3,
    });
    expect(groups).toEqual([
      { names: ['backbone.bias', 'backbone.w'], learningRate: 1, weightDecay: 3 },
      { names: ['head.bias'], learningRate: 2, weightDecay: 0 },
      { names: ['head.weight'], learningRate: 2, weightDecay: 3 },
    ]);
  });

  test('fractions of the run are the same as iterations', () => {
    const total = 1000;
    const a = flatCosine({ total, warmup: 50, flat: 500, noAug: 100 });
    const b = flatCosine({ total, warmup: { fraction: 0.05 }, flat: { fraction: 0.5 }, noAug: { fraction: 0.1 } });
    for (let i = 0; i < total; i++) expect(a(i)).toBe(b(i));
    expect([a(0), a(25), a(50), a(500), a(900), a(999)]).toEqual([0, 0.25, 1, 1, 0.5, 0.5]);
    expect(a(700)).toBeCloseTo(0.75);
  });

  test('no warm-up starts at the full rate; a linear one ends there', () => {
    expect(flatCosine({ total: 10, warmup: 0, flat: 5, noAug: 1 })(0)).toBe(1);
    const linear = linearWarmup({ warmup: 4 });
    expect([0, 1, 2, 3, 4].map(linear)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(() => linearWarmup({ warmup: -1 })).toThrow(/at least 0/);
  });
});
