import { type Assigner, iofMatrix } from '@detrain/core';
import { type MatchOptions, matchByOverlap } from './match.ts';
import { leaveOut, type Overlaps, overlapsIn } from './overlaps.ts';

/** mmdetection's anchors of a region proposal network: 0.7, 0.3, each object's best from 0.3 on (Ren et al. 2015). */
export const rpnMatching = {
  positive: 0.7,
  negative: 0.3,
  lowQuality: { minimum: 0.3, goesTo: 'target' },
} as const satisfies MatchOptions;

/** mmdetection's regions of Faster R-CNN: 0.5, nothing ignored, no low-quality rule. */
export const rcnnMatching = { positive: 0.5, negative: 0.5 } as const satisfies MatchOptions;

/** mmdetection's RetinaNet: 0.5, 0.4, each object's best whatever its overlap (Lin et al. 2017). */
export const retinaNetMatching = {
  positive: 0.5,
  negative: 0.4,
  lowQuality: { goesTo: 'target' },
} as const satisfies MatchOptions;

/**
 * The max-IoU rule: each candidate answers for the target it overlaps most, where that is enough, and each target's best candidates answer
 * for it all the same (Faster R-CNN; RetinaNet). Assigns candidates that are neither near nor far to IGNORE, and those that are not valid.
 */
export const maxIou = (options: MatchOptions = retinaNetMatching): Assigner => ({
  name: 'max-iou',
  options: { ...options },
  cardinality: 'one-to-many',
  assign: (candidates, targets) => ({ targetOf: matchByOverlap(overlapsIn(candidates, targets), options).targetOf }),
});

/** Options of `leaveOutRegions`. */
export interface RegionOptions {
  /** A candidate is left out where the share that one region covers is above this. */
  readonly above: number;
  /** Share of what: of the candidate (mmdetection's default), or of the region. Default `candidate`. */
  readonly shareOf?: 'candidate' | 'region';
}

/**
 * The overlaps without the candidates that lie in regions to ignore (crowds): they then are neither positive nor background, whatever they
 * overlap.
 *
 * @param candidates x1 y1 x2 y2 `[candidates * 4]`, in the unit of the regions.
 * @param regions x1 y1 x2 y2 `[regions * 4]`
 */
export const leaveOutRegions = (
  overlaps: Overlaps,
  candidates: Float32Array,
  regions: Float32Array,
  { above, shareOf = 'candidate' }: RegionOptions,
): Overlaps => {
  const ofCandidate = shareOf === 'candidate';
  const shares = ofCandidate ? iofMatrix(candidates, regions) : iofMatrix(regions, candidates);
  const count = regions.length / 4;
  return leaveOut(overlaps, (i) => {
    for (let r = 0; r < count; r++)
      if (shares[ofCandidate ? i * count + r : r * overlaps.candidates + i]! > Math.fround(above)) return true;
    return false;
  });
};
