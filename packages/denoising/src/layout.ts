import type { Targets } from '@detrain/core';

/** How a batch's denoising queries are laid out: `groups` times [positives `slots`, negatives `slots`]. */
export interface DenoisingLayout {
  /** Targets of the fullest image: positives (and negatives) a group. */
  readonly slots: number;
  readonly groups: number;
  /** Queries in use: 2 * slots * groups. */
  readonly queries: number;
}

/** The layout for about `count` positives (the official `num_denoising`); null for a batch without targets. */
export const denoisingLayout = (targets: readonly Targets[], count: number): DenoisingLayout | null => {
  const slots = targets.reduce((most, { labels }) => Math.max(most, labels.length), 0);
  if (slots === 0) return null;
  const groups = Math.max(1, Math.floor(count / slots));
  return { slots, groups, queries: 2 * slots * groups };
};
