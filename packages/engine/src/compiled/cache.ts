import type { TensorSpec } from '@detrain/core';

/** A few values, the least recently used of which makes room for a new one. */
export interface Cache<T> {
  /** The value of a key, made where it is not there. */
  get(key: string, make: () => Promise<T>): Promise<T>;
  values(): T[];
  clear(): Promise<void>;
}

/** A cache of `size` values that calls `release` on those it drops. Calls must not overlap. */
export const createCache = <T>(size: number, release: (value: T) => Promise<void>): Cache<T> => {
  const entries = new Map<string, T>();
  const drop = async (key: string) => {
    const value = entries.get(key) as T;
    entries.delete(key);
    await release(value);
  };
  return {
    get: async (key, make) => {
      const found = entries.get(key);
      if (found !== undefined) {
        entries.delete(key);
        entries.set(key, found);
        return found;
      }
      // Room first: the old one's memory is free before the new one asks for its own.
      while (entries.size >= size) await drop(entries.keys().next().value as string);
      const made = await make();
      entries.set(key, made);
      return made;
    },
    values: () => [...entries.values()],
    clear: async () => {
      for (const key of [...entries.keys()]) await drop(key);
    },
  };
};

/** One text for equal shapes and types under equal names. */
export const keyOf = (specs: Record<string, TensorSpec>): string =>
  Object.entries(specs)
    .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape.join()}]`)
    .sort()
    .join(';');

/** Runs asynchronous functions one at a time, in the order in which they were given. */
export const createQueue = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.catch(() => {});
    return result;
  };
};
