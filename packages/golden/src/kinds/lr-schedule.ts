import { flatCosine } from '@detrain/optim';
import { type GoldenCase, tensorOf, Unsupported, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface ScheduleMeta {
  readonly iter_per_epoch: number;
  readonly configs: Readonly<
    Record<
      string,
      {
        readonly epoches: number;
        readonly lr_gamma: number;
        readonly warmup_iter: number;
        readonly flat_epoch: number;
        readonly no_aug_epoch: number;
        readonly lrsheduler: string;
        readonly warmup_duration: number;
        readonly base_lrs: readonly number[];
      }
    >
  >;
  readonly note: string;
}

/** Learning rates of every group over a run: `lr_set` as the formula says, `lr_used` in the official order of calls. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const { configs, iter_per_epoch: per } = golden.meta as unknown as ScheduleMeta;
  for (const [name, config] of Object.entries(configs)) {
    if (config.lrsheduler !== 'flatcosine') throw new Unsupported(`the schedule ${config.lrsheduler}`);
    const total = config.epoches * per;
    const options = {
      total,
      warmup: config.warmup_iter,
      flat: config.flat_epoch * per,
      noAug: config.no_aug_epoch * per,
      gamma: config.lr_gamma,
    };
    const used = flatCosine({ ...options, official: { linearWarmup: config.warmup_duration } });
    for (const [part, schedule] of [
      ['lr_used', used],
      ['lr_set', flatCosine(options)],
    ] as const) {
      const tensor = tensorOf(golden, `${name}.${part}`);
      const stored = tensor.shape[0] ?? 0;
      const every = total / stored;
      const reference = valuesOf(tensor);
      config.base_lrs.forEach((base, group) => {
        const ours = Array.from({ length: stored }, (_, i) => schedule(Math.round(i * every)));
        const theirs = ours.map((_, i) => (reference[i * config.base_lrs.length + group] ?? Number.NaN) / base);
        checks.close(`${name}.${part} group ${group}`, ours, theirs, 1e-9);
      });
    }
  }
};
