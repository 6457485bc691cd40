import { anchorsOf } from '@detrain/models';
import { floatsOf, type GoldenCase, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

/** DETA's encoder proposals: one a token, infinite where too near the edge. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const levels = golden.meta['levels'] as readonly (readonly [number, number])[];
  const { logits, count } = anchorsOf(levels.map(([height, width]) => ({ height, width })));
  checks.count('tokens', count, golden.meta['counts'] as number);
  checks.close('unactivated', logits, floatsOf(tensorOf(golden, 'output_proposals_unact')), 1e-6);
  checks.close(
    'anchors',
    logits.map((value) => 1 / (1 + Math.exp(-value))),
    floatsOf(tensorOf(golden, 'anchors')),
    1e-6,
  );
  const levelIds = levels.flatMap(([height, width], level) => new Array<number>(height * width).fill(level));
  checks.exact('level_ids', levelIds, valuesOf(tensorOf(golden, 'level_ids')));
};
