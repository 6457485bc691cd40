import type { HostTensor } from '@detrain/core';
import { clipByGlobalNorm, createAdamW, createEma } from '@detrain/optim';
import { floatsOf, type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { uniforms } from '../generate.ts';

interface AdamWMeta {
  readonly lr: number;
  readonly weight_decay: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
}
interface UnitsMeta {
  readonly clip?: { readonly max_norm: number; readonly returned_total_norm: number };
  readonly ema?: Readonly<Record<string, { readonly decay_of_update: Readonly<Record<string, number>> }>>;
}

const host = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data: data.slice() });

const replayAdamW = (golden: GoldenCase, checks: Checks, unit: string, meta: AdamWMeta) => {
  const { lr, weight_decay: weightDecay, betas, eps } = meta;
  const p = host(floatsOf(tensorOf(golden, `${unit}.p0`)));
  const optimizer = createAdamW({ groups: [{ names: ['p'], learningRate: lr, weightDecay }], betas, eps });
  for (let step = 0; golden.tensors()[`${unit}.g${step}`]; step++) {
    optimizer.step(new Map([['p', p]]), { p: host(floatsOf(tensorOf(golden, `${unit}.g${step}`))) });
    checks.close(`${unit}.p${step + 1}`, p.data, floatsOf(tensorOf(golden, `${unit}.p${step + 1}`)), 1e-6);
  }
};

const replayClip = (
  golden: GoldenCase,
  checks: Checks,
  { max_norm: max, returned_total_norm: norm }: NonNullable<UnitsMeta['clip']>,
) => {
  const names = Object.keys(golden.tensors()).filter((name) => /^clip\.g\d+$/.test(name));
  const gradients = Object.fromEntries(names.map((name) => [name, host(floatsOf(tensorOf(golden, name)))]));
  checks.number('clip.returned_total_norm', clipByGlobalNorm(gradients, max), norm, 1e-6);
  for (const [name, { data }] of Object.entries(gradients))
    checks.close(`${name}_after`, data, floatsOf(tensorOf(golden, `${name}_after`)), 1e-7);
};

/** Weights w0, w1, …; a running mean of 0, then m1, m2, …; one update after every new value. */
const replayEma = (golden: GoldenCase, checks: Checks, key: string, decays: Readonly<Record<string, number>>) => {
  const [, warmups, decay] = /^ema_w([\d.]+)_d([\d.]+)$/.exec(key) ?? [];
  const ending = /^(weight|running_mean)_after(\d+)$/;
  const stored = Object.keys(golden.tensors()).filter((name) => name.startsWith(`${key}.`));
  const size = golden.tensors()[stored[0] ?? '']?.shape[0] ?? 0;
  const steps = Math.max(0, ...stored.map((name) => Number(ending.exec(name.slice(key.length + 1))?.[2] ?? 0)));
  const drawn = (name: string) => host(Float32Array.from(uniforms(name, size)));
  const values = new Map([
    ['weight', drawn('ema.w0')],
    ['running_mean', host(new Float32Array(size))],
  ]);
  const ema = createEma(values, { warmups: Number(warmups), decay: Number(decay) });
  for (const [update, expected] of Object.entries(decays))
    checks.number(`${key} decay at ${update}`, ema.decayAt(Number(update)), expected, 1e-12);
  for (let step = 1; step <= steps; step++) {
    values.set('weight', drawn(`ema.w${step}`)).set('running_mean', drawn(`ema.m${step}`));
    ema.update(values);
    for (const [name, { data }] of ema.parameters) {
      const reference = golden.tensors()[`${key}.${name}_after${step}`];
      if (reference) checks.close(`${key}.${name}_after${step}`, data, floatsOf(reference), 1e-6);
    }
  }
};

/** AdamW, clipping and EMA alone. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as UnitsMeta;
  for (const [unit, value] of Object.entries(golden.meta))
    if (unit.startsWith('adamw')) replayAdamW(golden, checks, unit, value as AdamWMeta);
  if (meta.clip) replayClip(golden, checks, meta.clip);
  for (const [key, { decay_of_update: decays }] of Object.entries(meta.ema ?? {}))
    replayEma(golden, checks, key, decays);
};
