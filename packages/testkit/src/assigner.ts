import type { Assigner } from '@detrain/core';
import { describe } from 'vitest';
import { testBasics } from './basics.ts';
import { testPromises } from './promises.ts';
import { type AssignerPromises, createSuite } from './suite.ts';
import { testSymmetries } from './symmetries.ts';

/**
 * The conformance suite of assigners, as vitest tests: description, range, determinism, purity, empty and crowded images, degenerate
 * boxes, cardinality, symmetries, and optimality where claimed. Call it at the top of a test file.
 *
 * @param make A new assigner, the same each time.
 * @param promises What it promises beyond the interface, and what it does not.
 */
export const testAssigner = (make: () => Assigner, promises: AssignerPromises = {}): void => {
  describe(`conformance of ${make().name}`, () => {
    const suite = createSuite(make, promises);
    testBasics(suite);
    testSymmetries(suite);
    testPromises(suite);
  });
};
