import { fail } from '@detrain/core';

/** How features light up on objects and beside them, over thresholds. */
export interface IofIobCurve {
  /** Ascending in [0, 1]. */
  readonly thresholds: Float64Array;
  /** Share of the objects' pixels whose score is above each threshold. */
  readonly iof: Float64Array;
  /** Share of the background's pixels whose score is above each threshold. */
  readonly iob: Float64Array;
  /** Share of the background's pixels whose score is below each threshold: the other reading of the paper's IoB. */
  readonly quiet: Float64Array;
}

const STEPS = 101;

/**
 * Intersection over foreground and over background of the pixels whose score is above a threshold, for 101 thresholds from 0 to 1
 * (Co-DETR, section 3, equations 7 and 8). Shares of nothing are 0.
 *
 * @param scores `[pixels]`, as `discriminability` gives them.
 * @param foreground 1 on objects `[pixels]`.
 * @throws Where the two differ in length.
 */
export const iofIobCurve = (scores: ArrayLike<number>, foreground: ArrayLike<number>): IofIobCurve => {
  if (scores.length !== foreground.length)
    fail('metrics', `${scores.length} scores, ${foreground.length} pixels`, 'One score a pixel', 'Check the sizes');
  const thresholds = Float64Array.from({ length: STEPS }, (_, s) => s / (STEPS - 1));
  const [iof, iob, quiet] = [new Float64Array(STEPS), new Float64Array(STEPS), new Float64Array(STEPS)];
  let objects = 0;
  for (let p = 0; p < foreground.length; p++) if (foreground[p]) objects++;
  const background = foreground.length - objects;
  for (let s = 0; s < STEPS; s++) {
    const threshold = thresholds[s]!;
    let lit = 0;
    let wrong = 0;
    let below = 0;
    for (let p = 0; p < scores.length; p++) {
      if (foreground[p]) {
        if (scores[p]! > threshold) lit++;
      } else if (scores[p]! > threshold) wrong++;
      else if (scores[p]! < threshold) below++;
    }
    if (objects > 0) iof[s] = lit / objects;
    if (background > 0) {
      iob[s] = wrong / background;
      quiet[s] = below / background;
    }
  }
  return { thresholds, iof, iob, quiet };
};

/** The mean curve of several images. Throws without curves. */
export const meanIofIob = (curves: readonly IofIobCurve[]): IofIobCurve => {
  const first = curves[0];
  if (!first) return fail('metrics', 'no curves', 'A mean needs at least one', 'Pass one an image');
  const mean = (name: 'iof' | 'iob' | 'quiet') =>
    first[name].map((_, s) => curves.reduce((sum, curve) => sum + curve[name][s]!, 0) / curves.length);
  return { thresholds: first.thresholds, iof: mean('iof'), iob: mean('iob'), quiet: mean('quiet') };
};

/** Area under IoF over IoB in [0, 1], from (0, 0) to (1, 1): 0.5 where features know nothing of objects, 1 where they know all. */
export const areaUnderIofIob = ({ iof, iob }: IofIobCurve): number => {
  let area = 0;
  let [x, y] = [0, 0];
  for (let s = iof.length - 1; s >= 0; s--) {
    area += ((iof[s]! + y) / 2) * (iob[s]! - x);
    [x, y] = [iob[s]!, iof[s]!];
  }
  return area + ((1 + y) / 2) * (1 - x);
};
