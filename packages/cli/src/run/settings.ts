import type { Detector } from '@detrain/core/tensors';
import { layerDepth } from '@detrain/models';
import {
  constant,
  createAdamW,
  type EmaOptions,
  flatCosine,
  layerDecay,
  linearWarmup,
  type Optimizer,
  parameterGroups,
  type Schedule,
} from '@detrain/optim';
import type { ResolvedConfig } from '../config/resolve.ts';

/** Groups of a run that names none: the backbone at its own rate, no decay on norms, biases and LAB scalars. */
const standardGroups = (backboneLearningRate: number) => [
  { match: /^backbone\..*(\.bn\.|\.norm\.|\.lab\.)/, learningRate: backboneLearningRate, weightDecay: 0 },
  { match: /^backbone\./, learningRate: backboneLearningRate },
  { match: /norm|\.bn\.|bias$/, weightDecay: 0 },
];

/** AdamW over a detector's trainable parameters. */
export const optimizerOf = (detector: Detector, { optimizer }: Pick<ResolvedConfig, 'optimizer'>): Optimizer => {
  const names = detector.parameters.flatMap((p) =>
    p.kind === 'trainable' && p.sharedWith === undefined ? [p.name] : [],
  );
  const { learningRate, backboneLearningRate, weightDecay, betas, epsilon, groups: given } = optimizer;
  const rules = given ?? standardGroups(backboneLearningRate);
  const groups = parameterGroups(names, rules, { learningRate, weightDecay });
  const depth = layerDepth(detector.parameters.map(({ name }) => name));
  return createAdamW({ groups: layerDecay(groups, optimizer.layerDecay, depth), betas, eps: epsilon });
};

/** Spans below 1 are shares of the run. */
const stepsOf = (span: number, total: number) => (span < 1 ? span * total : span);

/** The official recipes warm up over thousands of steps, which would be most of a short run (DEIM#5): at most a twentieth of it. */
const WARMUP = { steps: 2000, share: 0.05 };

/** Steps of the warm-up in a run of `total` steps. */
export const warmupOf = ({ schedule }: Pick<ResolvedConfig, 'schedule'>, total: number): number =>
  schedule.warmup === undefined ? Math.min(WARMUP.steps, WARMUP.share * total) : stepsOf(schedule.warmup, total);

/** The learning rate over a run of `total` steps. */
export const scheduleOf = ({ schedule }: Pick<ResolvedConfig, 'schedule'>, total: number): Schedule => {
  const warmup = warmupOf({ schedule }, total);
  if (schedule.kind === 'constant') {
    const rising = flatCosine({ total, warmup, flat: total, noAug: 0, gamma: 1 });
    return warmup > 0 ? rising : constant();
  }
  if (schedule.kind === 'linear-warmup') return linearWarmup({ warmup });
  return flatCosine({
    total,
    warmup,
    flat: stepsOf(schedule.flat ?? 0.5, total),
    noAug: stepsOf(schedule.tail ?? 0.08, total),
    gamma: schedule.floor ?? 0.5,
  });
};

/** The official average remembers some 10,000 steps of several 100,000: a short run's remembers a share of it, too. */
export const emaOf = ({ ema }: Pick<ResolvedConfig, 'ema'>, total: number): EmaOptions | null => {
  if (ema === false) return null;
  return {
    decay: ema.decay ?? Math.min(0.9999, 1 - 1 / Math.max(10, total / 20)),
    warmups: ema.warmup ?? Math.min(1000, total / 40),
  };
};
