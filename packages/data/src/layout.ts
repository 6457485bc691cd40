import type { Format, Index, Problem } from './types.ts';

/** One split that was found and how to read it. */
export interface SplitSource {
  readonly name: string;
  read(): Promise<Index>;
}

/** A data set that was found in a folder. */
export interface Layout {
  readonly format: Format;
  readonly root: string;
  readonly splits: readonly SplitSource[];
  /** Findings that belong to no split. */
  readonly remarks?: readonly Problem[];
}

const ALIASES: readonly (readonly string[])[] = [
  ['train', 'training'],
  ['val', 'valid', 'validation', 'dev'],
  ['test', 'testing'],
];

/** The split that a name asks for: the name itself, an alias (val, valid), or the only one that starts with it (train2017). */
export const pickSplit = (splits: readonly SplitSource[], wanted: string): SplitSource | undefined => {
  const names = ALIASES.find((list) => list.includes(wanted)) ?? [wanted];
  for (const name of [wanted, ...names]) {
    const exact = splits.find((split) => split.name === name);
    if (exact) return exact;
  }
  const starting = splits.filter((split) => names.some((name) => new RegExp(`^${name}[-_]?\\d*$`).test(split.name)));
  return starting.length === 1 ? starting[0] : undefined;
};
