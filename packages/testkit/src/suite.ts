import { type Assigner, type Candidates, createRng, pairsOf, type Targets } from '@detrain/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { assignContext, randomScene, type Scene } from './scene.ts';
import { problemsOf } from './well-formed.ts';

/** What an assigner promises beyond the interface; false switches a check off that the rule need not pass. */
export interface AssignerPromises {
  readonly numClasses?: number;
  /** Whether it reads class logits; false generates candidates without them. */
  readonly logits?: boolean;
  /** Splits a number of candidates into pyramid levels, for rules that need them. */
  readonly levels?: (candidates: number) => readonly number[];
  /** Another order of candidates and targets gives the same pairs. Needs no levels. */
  readonly permutation?: boolean;
  /** Mirroring all boxes gives the same pairs. */
  readonly flip?: boolean;
  /** Halving all boxes gives the same pairs. Costs in absolute units (L1) do not have this. */
  readonly scale?: boolean;
  /** A candidate with exactly a target's box, and sure of its class, answers for it. */
  readonly exactCopy?: boolean;
  /** min(candidates, targets) pairs, always. Default: where it is one-to-one. */
  readonly complete?: boolean;
  /** NaN among boxes and logits gives a well-formed assignment all the same. */
  readonly notANumber?: boolean;
  /** The cost `[candidates, targets]` whose total it claims to minimise: compared with brute force. */
  readonly minimises?: (candidates: Candidates, targets: Targets) => ArrayLike<number>;
  /** Random scenes a property. */
  readonly runs?: number;
}

/** What the checks of one assigner share. */
export interface Suite {
  readonly make: () => Assigner;
  readonly promises: AssignerPromises;
  readonly numClasses: number;
  /** A random scene as the promises describe it. */
  scene(seed: number, candidates: number, targets: number): Scene;
  /** Expects a well-formed assignment. */
  check(given: Scene): void;
  /** The pairs of a new assigner, as sorted `candidate-target` strings. */
  pairs(given: Scene): string[];
  /** Runs a property over random scenes, the same ones each time. */
  everyScene(property: (given: Scene, seed: number) => void, most?: { candidates: number; targets: number }): void;
}

/** The shared part of a suite. */
export const createSuite = (make: () => Assigner, promises: AssignerPromises): Suite => {
  const { numClasses = 4, logits = true, levels, runs = 100 } = promises;
  const scene: Suite['scene'] = (seed, candidates, targets) =>
    randomScene(createRng(seed), {
      candidates,
      targets,
      numClasses,
      logits,
      ...(levels && { levels: levels(candidates) }),
    });
  return {
    make,
    promises,
    numClasses,
    scene,
    check: (given) => {
      const assigner = make();
      const assignment = assigner.assign(given.candidates, given.targets, assignContext());
      expect(problemsOf(assignment, given, assigner)).toEqual([]);
    },
    pairs: (given) => {
      const { candidates, targets } = pairsOf(make().assign(given.candidates, given.targets, assignContext()));
      return Array.from(candidates, (i, k) => `${i}-${targets[k]}`).sort();
    },
    everyScene: (property, most = { candidates: 24, targets: 10 }) =>
      fc.assert(
        fc.property(
          fc.nat(),
          fc.integer({ min: 1, max: most.candidates }),
          fc.integer({ min: 0, max: most.targets }),
          (seed, candidates, targets) => {
            property(scene(seed, candidates, targets), seed);
          },
        ),
        { seed: 7, numRuns: runs },
      ),
  };
};
