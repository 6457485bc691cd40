import type { LossContext } from '@detrain/core/tensors';

/** What `make` gives, computed once a step for each key where the context has a cache. */
export const shared = <T>(context: Pick<LossContext, 'cache'>, key: string, make: () => T): T => {
  const held = context.cache?.get(key);
  if (held !== undefined) return held as T;
  const made = make();
  context.cache?.set(key, made);
  return made;
};
