import { type GoldenCase, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';
import { replayBoxes } from '../functions/boxes.ts';
import { replayCriterion } from '../functions/criterion.ts';
import { replayDeformable } from '../functions/deformable.ts';
import { replayFdr } from '../functions/fdr.ts';

/** Single functions; which ones a case holds shows from its tensors. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const names = Object.keys(golden.tensors());
  if (names.includes('giou.grad_boxes1')) return replayBoxes(golden, checks);
  if (names.includes('default.grad_loc')) return replayDeformable(golden, checks);
  if (names.some((name) => name.startsWith('weighting_function.'))) return replayFdr(golden, checks);
  if (names.includes('pred_corners') && names.includes('teacher_corners')) return replayCriterion(golden, checks);
  throw new Unsupported(`the functions of ${golden.name}`);
};
