import type { GoldenCase } from './case.ts';
import type { Checks } from './checks.ts';

/** Replays a case: computes with the packages, compares with the case's numbers. Throws `Unsupported` where it cannot. */
export type Replay = (golden: GoldenCase, checks: Checks) => void | Promise<void>;

/** Modules are loaded when first needed: cases of host code must not wait for tensors. */
const replays: Readonly<Record<string, () => Promise<{ readonly replay: Replay }>>> = {
  'assign/lsa': () => import('./kinds/named-lsa.ts'),
  'assign/nms': () => import('./kinds/nms.ts'),
  backbone: () => import('./kinds/backbone.ts'),
  coco: () => import('./kinds/coco.ts'),
  'coco-synthetic': () => import('./kinds/coco-synthetic.ts'),
  'Dense O2O schedule': () => import('./kinds/dense-o2o.ts'),
  encoder: () => import('./kinds/encoder.ts'),
  'fixed buffers': () => import('./kinds/fixed-buffers.ts'),
  functions: () => import('./kinds/functions.ts'),
  full_model_eval: () => import('./kinds/full.ts'),
  keys: () => import('./kinds/keys.ts'),
  linear_sum_assignment: () => import('./kinds/lsa.ts'),
  matcher: () => import('./kinds/matcher.ts'),
  train_step: () => import('./kinds/train.ts'),
  'optimizer units': () => import('./kinds/optimizer-units.ts'),
  'lr schedule': () => import('./kinds/lr-schedule.ts'),
};

/** The replay of a kind, or undefined where none is built. */
export const replayOf = async (kind: string): Promise<Replay | undefined> => (await replays[kind]?.())?.replay;
