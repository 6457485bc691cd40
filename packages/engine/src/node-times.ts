import type { NodeTime } from './types.ts';

/** Collects the times of operations. */
export interface NodeTimes {
  /** Counts a call of the operation of a key, in milliseconds; what it is is read at the first call. */
  add(key: string, milliseconds: number, about: () => Omit<NodeTime, 'calls' | 'total'>): void;
  /** Costliest first, without the first calls of each operation, so many, where it has more. */
  list(left?: number): NodeTime[];
}

export const costliestFirst = (nodes: readonly NodeTime[]): NodeTime[] => [...nodes].sort((a, b) => b.total - a.total);

export const createNodeTimes = (): NodeTimes => {
  const operations = new Map<string, { readonly about: Omit<NodeTime, 'calls' | 'total'>; readonly calls: number[] }>();
  return {
    add: (key, milliseconds, about) => {
      const operation = operations.get(key) ?? { about: about(), calls: [] };
      operation.calls.push(milliseconds);
      operations.set(key, operation);
    },
    list: (left = 0) =>
      costliestFirst(
        [...operations.values()].map(({ about, calls }) => {
          const counted = calls.length > left ? calls.slice(left) : calls;
          return { ...about, calls: counted.length, total: counted.reduce((sum, one) => sum + one, 0) };
        }),
      ),
  };
};
