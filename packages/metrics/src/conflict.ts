import { fail } from '@detrain/core';

/** Optimisation conflict distances of detection heads. */
export interface ConflictDistances {
  /** S_ij: mean divergence of head j's activation maps from head i's `[heads][heads]`, 0 on the diagonal. */
  readonly pairs: readonly Float64Array[];
  /** S_i: mean of a head's distances to and from the others `[heads]`. */
  readonly heads: Float64Array;
}

/** Added to every pixel's share, so that a pixel that one head ignores does not count for ever. */
const FLOOR = 1e-12;

/** Activations as a distribution over pixels; uniform where there are none. */
const distribution = (map: ArrayLike<number>): Float64Array => {
  const values = Float64Array.from(map, (value) => Math.max(value, 0));
  const total = values.reduce((a, b) => a + b, 0);
  const shares = values.map((value) => (total > 0 ? value / total : 1 / values.length) + FLOOR);
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
};

const divergence = (p: Float64Array, q: Float64Array): number =>
  p.reduce((sum, share, k) => sum + share * Math.log(share / q[k]!), 0);

/**
 * How far apart the places are that detection heads look at: Kullback-Leibler divergences of their class activation maps (Grad-CAM on
 * the encoder's output), mean over images (Co-DETR, section 5.2). Maps become distributions first; the paper does not say how.
 *
 * @param maps Activations of each head for the same images `[heads][images][pixels]`; negative ones count as 0.
 * @throws With fewer than two heads, without images, or where heads have different images or sizes.
 */
export const conflictDistances = (maps: readonly (readonly ArrayLike<number>[])[]): ConflictDistances => {
  const images = maps[0]?.length ?? 0;
  if (maps.length < 2 || images === 0 || maps.some((head) => head.length !== images))
    fail(
      'metrics',
      `${maps.map((head) => head.length).join(', ') || 'no'} maps of ${maps.length} heads`,
      'Distances compare at least two heads on the same images',
      'Pass [heads][images][pixels]',
    );
  const shares = maps.map((head) => head.map(distribution));
  const distance = (i: number, j: number) =>
    shares[i]!.reduce((sum, p, image) => {
      const q = shares[j]![image]!;
      if (p.length !== q.length) fail('metrics', `maps of ${p.length} and ${q.length} pixels`, 'Equal sizes', 'Resize');
      return sum + divergence(p, q);
    }, 0) / images;
  const pairs = maps.map((_, i) => Float64Array.from(maps, (__, j) => (i === j ? 0 : distance(i, j))));
  const heads = Float64Array.from(maps, (_, i) => {
    const sum = maps.reduce((total, __, j) => total + pairs[i]![j]! + pairs[j]![i]!, 0);
    return sum / (2 * (maps.length - 1));
  });
  return { pairs, heads };
};
