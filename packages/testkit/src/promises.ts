import type { Candidates, Targets } from '@detrain/core';

/** Kept, or the reason why the rule cannot keep it: `flip: 'equal distances go to the first target'`. */
export type Symmetry = true | string;

/** What an assigner promises beyond the interface, and what scenes it is tested on. */
export interface AssignerPromises {
  /** Another order of candidates and targets gives the same pairs. Default: kept, where there are no levels. */
  readonly permutation?: Symmetry;
  /** Mirroring all boxes gives the same pairs. Default: kept. */
  readonly flip?: Symmetry;
  /** Halving all boxes gives the same pairs. Default: kept; costs in absolute units (L1) cannot. */
  readonly scale?: Symmetry;
  /** A candidate with exactly the only target's box, and sure of its class, answers for it. Default: kept. */
  readonly exactCopy?: Symmetry;
  /** min(candidates, targets) pairs, always. Default: where it is one-to-one. */
  readonly complete?: boolean;
  /** NaN among boxes and logits gives a well-formed assignment all the same. Default: false. */
  readonly notANumber?: boolean;
  /** The cost `[candidates, targets]` whose total it claims to minimise, one candidate a target: compared with brute force. */
  readonly minimises?: (candidates: Candidates, targets: Targets) => ArrayLike<number>;

  /** Classes of the scenes. Default: 4. */
  readonly numClasses?: number;
  /** Whether it reads class logits; false generates candidates without them. Default: true. */
  readonly logits?: boolean;
  /** Splits a number of candidates into pyramid levels, for rules that need them. */
  readonly levels?: (candidates: number) => readonly number[];
  /** Candidates come in multiples of this, for rules that divide them into groups. Default: 1. */
  readonly multipleOf?: number;
  /** Random scenes a property. Default: the environment variable DETRAIN_TESTKIT_RUNS, or 1000. */
  readonly runs?: number;
}
