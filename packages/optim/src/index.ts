export { type AdamWOptions, createAdamW, type Optimizer } from './adamw.ts';
export { clipByGlobalNorm, globalNorm } from './clip.ts';
export { createEma, type Ema, type EmaOptions } from './ema.ts';
export { type GroupBase, type GroupRule, type ParameterGroup, parameterGroups } from './groups.ts';
export { layerDecay } from './layer-decay.ts';
export {
  constant,
  type FlatCosineOptions,
  flatCosine,
  iterationsOf,
  type LinearWarmupOptions,
  linearWarmup,
  type Schedule,
  type Span,
} from './schedule.ts';
