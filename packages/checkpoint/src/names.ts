/**
 * Stored tensors that are never taken from a file, because the model makes them itself: anchors and their mask (stored
 * ones are for one image size, and some differ from what the model computes), sampling point scales, batch counters
 * (absent where batch norms were frozen).
 */
export const isRecomputed = (name: string): boolean =>
  /(^|\.)(decoder\.(anchors|valid_mask)|num_points_scale|num_batches_tracked)$/.test(name);

/**
 * What a file leaves out in front of its names: `backbone.` for ImageNet weights, whose names begin where the backbone
 * does. Empty when some name is known as it is, or when no single prefix makes most of them known.
 */
export const missingPrefix = (known: readonly string[], names: readonly string[]): string => {
  const set = new Set(known);
  if (names.length === 0 || names.some((name) => set.has(name))) return '';
  const hits = new Map<string, number>();
  for (const name of names)
    for (const target of known)
      if (target.endsWith(`.${name}`)) {
        const prefix = target.slice(0, -name.length);
        hits.set(prefix, (hits.get(prefix) ?? 0) + 1);
      }
  const [best, second] = [...hits].sort(([, a], [, b]) => b - a);
  return best && best[1] > names.length / 2 && best[1] !== second?.[1] ? best[0] : '';
};
