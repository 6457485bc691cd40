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

/** One test a case: a case that nothing replays is skipped, with the reason in its name. */
const replayAll = (folder: string) => {
  for (const golden of findCases(folder))
    it(golden.name, { timeout: 10 * MINUTES }, async (context) => {
      const result = await replayCase(golden);
      if (result.status === 'skipped') context.skip(`skipped: ${result.reason}`);
      expect(result.status, describeResult(result)).toBe('passed');
    });
};

describe('our own selection', () => {
  replayAll(own);

  it('has no case that is skipped for lack of a replay, and stays small', () => {
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
