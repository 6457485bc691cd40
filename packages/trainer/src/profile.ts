import type { NodeTime, Training } from '@detrain/engine';
import type { StepRecord } from './callbacks.ts';

/** Nodes that a profile lists. */
const COSTLIEST = 10;
/** Steps whose nodes are recorded: the record of a long run would fill memory, and the nodes' order settles long before. */
const RECORDED_STEPS = 20;

/** Where the time of a run's steps went. */
export interface Profile {
  /** Steps measured: all of this process but the first, which compiles. */
  readonly steps: number;
  /** Each part of a step, in seconds; `backward` is objective and gradients, `data` the wait for the batch. */
  readonly seconds: Readonly<Record<keyof StepRecord['seconds'], { readonly median: number; readonly p90: number }>>;
  /** The costliest operations over the first twenty steps; of the first worker, where there are several. */
  readonly nodes: readonly NodeTime[];
}

/** Collects the times of steps. */
export interface Profiler {
  add(record: StepRecord): Promise<void>;
  end(): Promise<Profile>;
}

/** The value below which this share of sorted values lies; nearest rank. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;

/** A profiler of steps that a training, made by an engine with `profile`, runs. */
export const createProfiler = (training: Pick<Training, 'profile'>): Profiler => {
  const steps: StepRecord['seconds'][] = [];
  let nodes: readonly NodeTime[] | undefined;
  const endRecord = async (): Promise<readonly NodeTime[]> => {
    nodes ??= (await training.profile()).slice(0, COSTLIEST);
    return nodes;
  };
  const times = (measured: typeof steps, part: keyof StepRecord['seconds']) => {
    const sorted = measured.map((seconds) => seconds[part]).sort((a, b) => a - b);
    return { median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) };
  };
  return {
    add: async ({ seconds }) => {
      steps.push(seconds);
      if (steps.length === RECORDED_STEPS) await endRecord();
    },
    end: async () => {
      const measured = steps.slice(1);
      const seconds = {
        data: times(measured, 'data'),
        forward: times(measured, 'forward'),
        assign: times(measured, 'assign'),
        backward: times(measured, 'backward'),
        update: times(measured, 'update'),
        total: times(measured, 'total'),
      };
      return { steps: measured.length, seconds, nodes: await endRecord() };
    },
  };
};
