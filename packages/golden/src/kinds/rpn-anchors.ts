import { anchorGrid, octaveScales } from '@detrain/anchors';
import { floatsOf, type GoldenCase, tensorOf, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';

const STRIDES = [8, 16, 32, 64, 128];

/** The anchors that the max-IoU cases share: nine a place, RPN of Co-DETR. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const size = /_(\d+)x(\d+)$/.exec(golden.name);
  if (!size) throw new Unsupported(`no size in ${golden.name}`);
  const [height, width] = [Number(size[1]), Number(size[2])];
  const grid = anchorGrid({ strides: STRIDES, scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
  const { boxes } = grid.generate(STRIDES.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)]));
  checks.exact('anchors', boxes, floatsOf(tensorOf(golden, 'anchors')));
};
