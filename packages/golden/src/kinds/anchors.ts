import {
  type AnchorGridOptions,
  anchorGrid,
  type LevelSize,
  octaveScales,
  pointGrid,
  validAnchors,
} from '@detrain/anchors';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface AnchorMeta {
  readonly featmap_sizes: readonly LevelSize[];
  readonly strides?: readonly number[];
  readonly cfg?: {
    readonly ratios: readonly number[];
    readonly octave_base_scale: number;
    readonly scales_per_octave: number;
    readonly strides: readonly number[];
  };
}

/** mmdetection's settings as ours. */
const optionsOf = ({ strides, ratios, octave_base_scale, scales_per_octave }: NonNullable<AnchorMeta['cfg']>) =>
  ({ strides, ratios, scales: octaveScales(octave_base_scale, scales_per_octave) }) satisfies AnchorGridOptions;

/** mmdetection's anchors, their valid flags, and FCOS points: the same numbers, bit by bit. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const { featmap_sizes: sizes, strides = [], cfg } = golden.meta as unknown as AnchorMeta;
  if (!cfg) {
    const { points, levels } = pointGrid({ strides }).generate(sizes);
    const starts = levels.map((_, level) => levels.slice(0, level).reduce((sum, count) => sum + count, 0));
    levels.forEach((count, level) => {
      const start = starts[level] ?? 0;
      const ours = points.subarray(2 * start, 2 * (start + count));
      checks.exact(`points_${level}`, ours, floatsOf(tensorOf(golden, `points_${level}`)));
    });
    return;
  }
  const grid = anchorGrid(optionsOf(cfg));
  const { boxes, levels } = grid.generate(sizes);
  const image = /_img(\d+)x(\d+)$/.exec(golden.name);
  if (!image) {
    const indices = integersOf(tensorOf(golden, 'idx'));
    const sampled = Float32Array.from(
      { length: 4 * indices.length },
      (_, k) => boxes[4 * (indices[k >> 2] ?? 0) + (k & 3)] ?? 0,
    );
    checks.exact('anchors', sampled, floatsOf(tensorOf(golden, 'anchors')));
    const sums = new Float64Array(4);
    boxes.forEach((value, k) => {
      sums[k & 3] = (sums[k & 3] ?? 0) + value;
    });
    checks.close('sum', sums, valuesOf(tensorOf(golden, 'sum')), 1e-9);
    return;
  }
  const valid = validAnchors(sizes, cfg.strides, grid.perLocation, [Number(image[2]), Number(image[1])]);
  let start = 0;
  levels.forEach((count, level) => {
    checks.exact(`base_${level}`, grid.base(level), floatsOf(tensorOf(golden, `base_${level}`)));
    checks.exact(
      `anchors_${level}`,
      boxes.subarray(4 * start, 4 * (start + count)),
      floatsOf(tensorOf(golden, `anchors_${level}`)),
    );
    checks.exact(
      `valid_${level}`,
      valid.subarray(start, start + count),
      integersOf(tensorOf(golden, `valid_${level}`)),
    );
    start += count;
  });
};
