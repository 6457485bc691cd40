import type { DenoisingLayout } from './layout.ts';

/**
 * Who must not see whom `[(padded + numQueries) ** 2]`, 1 = blocked, row = the one that looks.
 *
 * The model's queries see no denoising query; a denoising query sees its own group and the model's queries; a padding query (beyond
 * the layout's) sees itself only and is seen by no other. RT-DETR, D-FINE `get_contrastive_denoising_training_group`.
 */
export const denoisingMask = ({ slots, queries }: DenoisingLayout, padded: number, numQueries: number): Uint8Array => {
  const total = padded + numQueries;
  const blocked = new Uint8Array(total * total);
  for (let row = 0; row < total; row++) {
    const start = row * total;
    if (row >= padded) {
      blocked.fill(1, start, start + padded);
    } else if (row >= queries) {
      blocked.fill(1, start, start + total);
      blocked[start + row] = 0;
    } else {
      const group = Math.floor(row / (2 * slots)) * 2 * slots;
      blocked.fill(1, start, start + padded);
      blocked.fill(0, start + group, start + group + 2 * slots);
    }
  }
  return blocked;
};
