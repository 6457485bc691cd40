import { type Assignment, type Candidates, createRng, IGNORE, type Sample } from '@detrain/core';
import { userError } from '../../errors.ts';
import { candidatesFor } from './candidates.ts';
import type { Recording } from './recording.ts';
import type { Strategy } from './strategies.ts';

/** Who answers for whom in one image by one strategy. */
export interface Matched {
  readonly candidates: Candidates;
  readonly assignment: Assignment;
}

/** When in training the assignment happens, and on what. */
export interface AssignPlace {
  readonly recording: Recording | null;
  readonly output: string;
  readonly inputSize: readonly [width: number, height: number];
  readonly numClasses: number;
  readonly epoch: number;
}

/** Throws a user error where an assignment, most likely of a strategy under way, cannot be drawn and counted. */
const checked = (assignment: Assignment, count: number, targets: number): Assignment => {
  const { targetOf, extraPairs } = assignment;
  if (!(targetOf instanceof Int32Array) || targetOf.length !== count)
    throw userError(
      `targetOf has ${targetOf?.length} entries for ${count} candidates. Give an Int32Array of one each.`,
    );
  const wrong = targetOf.findIndex((target) => target < IGNORE || target >= targets);
  if (wrong >= 0)
    throw userError(
      `Candidate ${wrong} answers for target ${targetOf[wrong]} of ${targets}. -1 is background, -2 ignored.`,
    );
  const pair = extraPairs?.candidates.findIndex((candidate, k) => {
    const target = extraPairs.targets[k] ?? -1;
    return candidate < 0 || candidate >= count || target < 0 || target >= targets;
  });
  if (extraPairs && pair !== undefined && pair >= 0)
    throw userError(
      `Extra pair ${pair} is (${extraPairs.candidates[pair]}, ${extraPairs.targets[pair]}). It names none of them.`,
    );
  return assignment;
};

/** A strategy as a function of an image. Its errors name the strategy and the image. */
export const matcher = ({ title, assigner, candidates: source }: Strategy, place: AssignPlace) => {
  const { recording, output, epoch } = place;
  const candidatesOf = candidatesFor(source, place);
  return ({ id, targets }: Pick<Sample, 'id' | 'targets'>): Matched => {
    try {
      const candidates = candidatesOf(recording, output, id);
      // Draws depend on the image alone, so that two recordings can be compared.
      const context = { rng: createRng(id), progress: 1, epoch, step: 0, output };
      const assignment = assigner.assign(candidates, targets, context);
      return { candidates, assignment: checked(assignment, candidates.boxes.length / 4, targets.labels.length) };
    } catch (error) {
      throw Object.assign(userError(`Strategy "${title}", image ${id}: ${(error as Error).message}`), { cause: error });
    }
  };
};
