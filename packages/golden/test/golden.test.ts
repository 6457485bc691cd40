import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { disposeEngine } from '../src/engine.ts';
import { describeResult, findCases, replayCase } from '../src/index.ts';

const own = fileURLToPath(new URL('../cases', import.meta.url));
const reference = process.env['DETRAIN_REFERENCE'] ?? '';
const MINUTES = 60_000;

afterAll(disposeEngine);

/** Models that are not built: their cases are `unsupported`. Everything else must pass. */
const NOT_BUILT = /rtdetr|presnet|dinov3/;

/** One test a case of what is built, and one that the runner says so of the others. */
const replayAll = (folder: string) => {
  const cases = findCases(folder);
  for (const golden of cases.filter(({ name }) => !NOT_BUILT.test(name)))
    it(golden.name, { timeout: 10 * MINUTES }, async () => {
      const result = await replayCase(golden);
      expect(result.status, describeResult(result)).toBe('passed');
    });
  const others = cases.filter(({ name }) => NOT_BUILT.test(name));
  if (others.length > 0)
    it(`${others.length} cases of models that are not built are unsupported`, { timeout: MINUTES }, async () => {
      for (const golden of others) expect((await replayCase(golden)).reason, golden.name).toMatch(/^unsupported: /);
    });
};

describe('our own selection', () => {
  replayAll(own);

  it('has a case of each kind', () => {
    expect(findCases(own).length).toBeGreaterThan(20);
  });
});

for (const part of ['deim', 'assign/coco', 'assign/lsa', 'assign/nms']) {
  const folder = path.join(reference, 'golden', part);
  describe(`all of ${part}`, () => {
    if (reference && existsSync(folder)) replayAll(folder);
    else it('is there', (context) => context.skip('skipped: no reference data'));
  });
}
