import type { HostTensor } from '@detrain/core';
import { createAdamW, createEma } from '@detrain/optim';
import { floatsOf, type GoldenCase } from '../case.ts';
import type { Checks } from '../checks.ts';
import type { TrainMeta } from './meta.ts';

const host = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data });

/**
 * AdamW and EMA on the stored gradients' first elements, three steps with the same ones: with own gradients another
 * rounding can flip the sign that AdamW's first steps follow.
 *
 * @param shared tensors with several names: the official average moves them once a name, ours once
 */
export const replayOptimizer = (golden: GoldenCase, checks: Checks, shared: ReadonlySet<string>): void => {
  const { optimizer, adamw_clip: clip } = golden.meta as unknown as TrainMeta;
  if (!optimizer) return;
  const tensors = golden.tensors();
  const names = Object.keys(optimizer.group_of).filter((name) => tensors[`init.${name}`] && tensors[`grad.${name}`]);
  for (const mode of ['adamw_clip', 'adamw_noclip']) {
    if (!golden.meta[mode]) continue;
    const scale = mode === 'adamw_clip' && clip ? Math.min(1, clip.max_norm / (clip.returned_total_norm + 1e-6)) : 1;
    const parameters = new Map<string, HostTensor>();
    const gradients: Record<string, HostTensor> = {};
    for (const name of names) {
      const start = floatsOf(tensors[`init.${name}`] as never).slice();
      parameters.set(name, host(start));
      const gradient = floatsOf(tensors[`grad.${name}`] as never).subarray(0, start.length);
      gradients[name] = host(gradient.map((value) => value * scale));
    }
    const [first] = optimizer.groups;
    const adamw = createAdamW({
      groups: optimizer.groups.map(({ lr, weight_decay: weightDecay }, i) => ({
        names: names.filter((name) => optimizer.group_of[name] === i),
        learningRate: lr,
        weightDecay,
      })),
      ...(first && { betas: first.betas, eps: first.eps }),
    });
    const ema = createEma(parameters, optimizer.ema);
    for (let step = 1; step <= 3; step++) {
      adamw.step(parameters, gradients);
      ema.update(parameters);
      for (const [kind, values] of [
        ['step', parameters],
        ['ema', ema.parameters],
      ] as const)
        for (const [name, { data }] of values) {
          const stored = tensors[`${mode}.${kind}${step}.${name}`];
          if (stored && !(kind === 'ema' && shared.has(name)))
            checks.close(`${mode}.${kind}${step}.${name}`, data as Float32Array, floatsOf(stored), 2e-6);
        }
    }
  }
};
