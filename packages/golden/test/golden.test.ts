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

const replayAll = (folder: string) => {
  for (const golden of findCases(folder))
    it(golden.name, { timeout: 10 * MINUTES }, async () => {
      const result = await replayCase(golden);
      expect(result.status, describeResult(result)).toBe('passed');
    });
};

describe('our own selection', () => {
  replayAll(own);

  it('has a case of each kind', () => {
    expect(findCases(own).length).toBeGreaterThan(20);
  });
});

for (const part of [
  'deim',
  'assign/analysis',
  'assign/anchors',
  'assign/assigners',
  'assign/auxqueries',
  'assign/coco',
  'assign/coders',
  'assign/deta',
  'assign/heads',
  'assign/lsa',
  'assign/lvis',
  'assign/matching',
  'assign/nms',
  'assign/ops',
  'assign/roialign',
  'assign/samplers',
]) {
  const folder = path.join(reference, 'golden', part);
  describe(`all of ${part}`, () => {
    if (reference && existsSync(folder)) replayAll(folder);
    else it('is there', (context) => context.skip('skipped: no reference data'));
  });
}
