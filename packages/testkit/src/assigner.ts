import { type Assigner, fail } from '@detrain/core';
import { describe, it } from 'vitest';
import { basicChecks } from './basics.ts';
import { claimChecks } from './claims.ts';
import type { AssignerPromises } from './promises.ts';
import { type Check, createSuite } from './suite.ts';
import { symmetryChecks } from './symmetries.ts';

/** The symmetries that an assigner does without, as `name: reason`. Throws where one is dropped without a reason. */
const withoutSymmetries = ({ permutation, flip, scale, exactCopy }: AssignerPromises): readonly string[] =>
  Object.entries({ permutation, flip, scale, exactCopy })
    .filter(([, kept]) => kept !== undefined && kept !== true)
    .map(([name, reason]) => {
      if (typeof reason === 'string' && reason.trim() !== '') return `${name}: ${reason}`;
      return fail(
        'testkit',
        `${name}: ${JSON.stringify(reason)}`,
        'A symmetry is dropped for a stated reason only',
        `Pass ${name}: 'why the rule cannot have it'`,
      );
    });

/**
 * The conformance suite of assigners as a list: description, range, determinism, purity, empty and crowded images, degenerate boxes,
 * cardinality, symmetries, and optimality where claimed. For test runners other than vitest, and for looking at what fails.
 *
 * @param make A new assigner, the same each time.
 * @param promises What it promises beyond the interface, and what it does not.
 * @throws Where a symmetry is dropped without a reason.
 */
export const assignerChecks = (make: () => Assigner, promises: AssignerPromises = {}): readonly Check[] => {
  withoutSymmetries(promises);
  const suite = createSuite(make, promises);
  return [...basicChecks(suite), ...symmetryChecks(suite), ...claimChecks(suite)];
};

/**
 * The conformance suite of assigners as vitest tests, for the top of a test file. A test that fails names the broken promise and shows
 * the smallest scene found to break it. See `assignerChecks`.
 */
export const testAssigner = (make: () => Assigner, promises: AssignerPromises = {}): void => {
  const without = withoutSymmetries(promises);
  describe(`conformance of ${make().name}${without.length > 0 ? `, without ${without.join('; ')}` : ''}`, () => {
    for (const { promise, run } of assignerChecks(make, promises)) it(promise, run);
  });
};
