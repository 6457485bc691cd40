import type { Assigner, Candidates, PixelSize } from '@detrain/core';

/** Candidates that the size of the input alone decides. */
export type FixedCandidates = Pick<Candidates, 'boxes' | 'levels' | 'valid'>;

/**
 * What a strategy chooses from: a model's predictions (`queries`; the boxes they started from are their priors where they are known), the
 * boxes that queries start from (`starts`), squares (`anchors`) or points (`points`) of a pyramid, or anchors of one's own for
 * images of a size, width and height in pixels.
 */
export type CandidateSource = 'queries' | 'starts' | 'anchors' | 'points' | ((size: PixelSize) => FixedCandidates);

/** A strategy of one's own for `detrain inspect --strategies`. */
export interface InspectStrategy {
  readonly assigner: Assigner;
  /** Default: `queries` where there are predictions, else `anchors`. */
  readonly candidates?: CandidateSource;
  /** Default: the assigner's name. */
  readonly title?: string;
}

type List = readonly (Assigner | InspectStrategy)[];

/** What a file of strategies exports by default: a list, or a function of what they are compared on. */
export type InspectStrategies =
  | List
  | ((context: { readonly inputSize: PixelSize; readonly classes: readonly string[] }) => List);
