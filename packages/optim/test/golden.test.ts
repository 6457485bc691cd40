import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { HostTensor } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import { expect, type TestContext, test } from 'vitest';
import { clipByGlobalNorm, createAdamW, createEma, flatCosine, parameterGroups } from '../src/index.ts';

/** A reader of its own: this package must not depend on the checkpoint package. */
const golden = (name: string, context: TestContext) => {
  const folder = path.join(process.env['DETRAIN_REFERENCE'] ?? '', 'golden/deim/optim', name);
  if (!process.env['DETRAIN_REFERENCE'] || !existsSync(folder)) context.skip('skipped: no reference data');
  const bytes = readFileSync(path.join(folder, 'tensors.safetensors'));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString());
  const tensor = (key: string) => {
    const {
      dtype,
      shape,
      data_offsets: [begin, end],
    } = header[key];
    const buffer = new Uint8Array(bytes.subarray(start + begin, start + end)).buffer;
    return { shape, data: dtype === 'F64' ? new Float64Array(buffer) : new Float32Array(buffer) };
  };
  return { meta: JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8')), tensor };
};

const host = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data });

test.for(['adamw_a', 'adamw_b'])('%s: five steps as torch.optim.AdamW', (unit, context) => {
  const { meta, tensor } = golden('units', context);
  const { lr, weight_decay, betas, eps } = meta[unit];
  const p = new Map([['p', host(new Float32Array(tensor(`${unit}.p0`).data))]]);
  const optimizer = createAdamW({
    groups: [{ names: ['p'], learningRate: lr, weightDecay: weight_decay }],
    betas,
    eps,
  });
  for (let step = 0; step < 5; step++) {
    optimizer.step(p, { p: host(new Float32Array(tensor(`${unit}.g${step}`).data)) });
    expect(p.get('p')?.data as Float32Array).toBeAllclose(tensor(`${unit}.p${step + 1}`).data, {
      atol: 1e-7,
      rtol: 1e-7,
    });
  }
});

test('clipping as clip_grad_norm_', (context) => {
  const { meta, tensor } = golden('units', context);
  const gradients = {
    a: host(new Float32Array(tensor('clip.g0').data)),
    b: host(new Float32Array(tensor('clip.g1').data)),
  };
  expect(clipByGlobalNorm(gradients, meta.clip.max_norm)).toBeCloseTo(meta.clip.returned_total_norm, 6);
  expect(gradients.a.data as Float32Array).toBeAllclose(tensor('clip.g0_after').data, { atol: 1e-8, rtol: 1e-6 });
  expect(gradients.b.data as Float32Array).toBeAllclose(tensor('clip.g1_after').data, { atol: 1e-8, rtol: 1e-6 });
});

test('EMA decays', (context) => {
  const { meta } = golden('units', context);
  for (const [key, { decay_of_update: decays }] of Object.entries<{ decay_of_update: Record<string, number> }>(
    meta.ema,
  )) {
    const [, warmups, decay] = /ema_w(\d+)_d([\d.]+)/.exec(key) ?? [];
    const ema = createEma(new Map(), { warmups: Number(warmups), decay: Number(decay) });
    for (const [update, value] of Object.entries(decays)) expect(ema.decayAt(Number(update))).toBeCloseTo(value, 14);
  }
});

test('every recorded flat-cosine schedule, in the official order and without its quirk', (context) => {
  const { meta, tensor } = golden('lr_schedule', context);
  for (const [name, config] of Object.entries<Record<string, number> & { base_lrs: number[] }>(meta.configs)) {
    const per = meta.iter_per_epoch;
    const options = {
      total: (config['epoches'] ?? 0) * per,
      warmup: config['warmup_iter'] ?? 0,
      flat: (config['flat_epoch'] ?? 0) * per,
      noAug: (config['no_aug_epoch'] ?? 0) * per,
      gamma: config['lr_gamma'] ?? 1,
    };
    const used = flatCosine({ ...options, official: { linearWarmup: config['warmup_duration'] ?? 1 } });
    const set = flatCosine(options);
    for (const [part, schedule] of [
      ['lr_used', used],
      ['lr_set', set],
    ] as const) {
      const {
        data,
        shape: [n],
      } = tensor(`${name}.${part}`);
      const ours = Array.from({ length: n }, (_, i) => config.base_lrs.map((lr) => lr * schedule(i * 10))).flat();
      expect(ours).toBeAllclose(data, { atol: 1e-18, rtol: 1e-9 });
    }
  }
});

test('the official groups of DEIM-N and DEIM-S', (context) => {
  const { meta } = golden('lr_schedule', context);
  const folder = path.join(process.env['DETRAIN_REFERENCE'] ?? '', 'golden/deim/keys');
  const index = JSON.parse(readFileSync(path.join(folder, 'index_deim.json'), 'utf8'));
  const rules = {
    n: [
      { match: /^(?=.*backbone)(?!.*norm|bn).*$/, learningRate: 4e-4 },
      { match: /^(?=.*backbone)(?=.*norm|bn).*$/, learningRate: 4e-4, weightDecay: 0 },
      { match: /^(?=.*(?:encoder|decoder))(?=.*(?:norm|bn|bias)).*$/, weightDecay: 0 },
    ],
    s: [
      { match: /^(?=.*backbone)(?!.*bn).*$/, learningRate: 2e-4 },
      { match: /^(?=.*(?:norm|bn)).*$/, weightDecay: 0 },
    ],
  };
  for (const size of ['n', 's'] as const) {
    const entry = index.find(
      (e: { config: string }) => e.config === `configs/deim_dfine/deim_hgnetv2_${size}_coco.yml`,
    );
    const official: Record<string, number> = JSON.parse(readFileSync(path.join(folder, entry.groups_file), 'utf8'));
    const names = Object.keys(official);
    const groups = parameterGroups(names, rules[size], { learningRate: size === 'n' ? 8e-4 : 4e-4, weightDecay: 1e-4 });
    expect(groups.map((g) => g.names.length)).toEqual(
      meta.configs[`deim_hgnetv2_${size}_coco`].groups.map((g: { tensors: number }) => g.tensors),
    );
    groups.forEach((group, i) => {
      for (const name of group.names) expect(official[name]).toBe(i);
    });
  }
});
