import { type Assigner, type Candidates, createRng, type Pairs, pairsOf, type Targets } from '@detrain/core';
import {
  bMatching,
  classCost,
  giouCost,
  groupMatching,
  hungarian,
  hybridMatching,
  l1Cost,
  matchCost,
} from '@detrain/matcher-hungarian';
import { floatsOf, type GoldenCase, integersOf, tensorOf, Unsupported, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface MatchingMeta {
  /** B-matching: the copies of each image. */
  readonly variants?: readonly {
    readonly image: number;
    readonly B: number;
    readonly n_matched: number;
    readonly total_cost_f64: number;
  }[];
  /** Group DETR: the number of groups. */
  readonly G?: number;
  /** H-DETR: the first candidates, and the copies for the others. */
  readonly n_one2one?: number;
  readonly k?: number;
}

const context = { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'main' };
const COSTS = [classCost(), l1Cost(), giouCost()];

interface Image {
  readonly candidates: Candidates;
  readonly targets: Targets;
}

const imagesOf = (golden: GoldenCase): readonly Image[] => {
  const logits = tensorOf(golden, 'pred_logits');
  const boxes = floatsOf(tensorOf(golden, 'pred_boxes'));
  const [batch, count, numClasses] = logits.shape as [number, number, number];
  return Array.from({ length: batch }, (_, b) => ({
    candidates: {
      boxes: boxes.subarray(4 * count * b, 4 * count * (b + 1)),
      logits: floatsOf(logits).subarray(count * numClasses * b, count * numClasses * (b + 1)),
      numClasses,
    },
    targets: {
      boxes: floatsOf(tensorOf(golden, `gt_boxes_${b}`)),
      labels: integersOf(tensorOf(golden, `gt_labels_${b}`)),
    },
  }));
};

const pairsBy = (assigner: Assigner, { candidates, targets }: Image): Pairs =>
  pairsOf(assigner.assign(candidates, targets, context));

/** Pairs as sorted text. */
const sorted = ({ candidates, targets }: Pairs): string =>
  Array.from(candidates, (candidate, k) => `${candidate}-${targets[k]}`)
    .sort()
    .join();

const totalOf = (cost: Float64Array, pairs: Pairs, columns: number): number =>
  pairs.candidates.reduce((sum, i, k) => sum + (cost[i * columns + (pairs.targets[k] ?? 0)] ?? 0), 0);

/**
 * Compares with a stored set of pairs: where they differ, ours must cost the same. Where two solutions are equally good, float32 costs
 * decide by their rounding.
 */
const compare = (checks: Checks, label: string, cost: Float64Array, columns: number, ours: Pairs, theirs: Pairs) => {
  checks.count(`${label}.count`, ours.candidates.length, theirs.candidates.length);
  const equal = sorted(ours) === sorted(theirs);
  if (equal) checks.holds(`${label}.pairs`, true);
  else
    checks.number(
      `${label}.total of other pairs`,
      totalOf(cost, ours, columns),
      totalOf(cost, theirs, columns),
      1e-6,
      1,
    );
};

/** B-matching, group and hybrid matching on the costs of Deformable DETR. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as MatchingMeta;
  const images = imagesOf(golden);
  images.forEach((image, b) => {
    const columns = image.targets.labels.length;
    const cost = matchCost(COSTS, image.candidates, image.targets);
    const indices = (name: string) => integersOf(tensorOf(golden, `${name}_${b}`));
    const stored = (name: string): Pairs => ({
      candidates: indices(`${name}src`),
      targets: indices(`${name}tgt`),
    });

    if (meta.variants) {
      checks.close(`cost.${b}`, cost, valuesOf(tensorOf(golden, `cost_${b}`)), 1e-5);
      compare(checks, `one-to-one.${b}`, cost, columns, pairsBy(hungarian(), image), stored('one2one_'));
      for (const { image: at, B, n_matched, total_cost_f64 } of meta.variants) {
        if (at !== b) continue;
        const pairs = pairsBy(bMatching({ copies: B }), image);
        checks.count(`B${B}.${b}.n_matched`, pairs.candidates.length, n_matched);
        checks.number(`B${B}.${b}.total`, totalOf(cost, pairs, columns), total_cost_f64, 1e-5, 1);
        compare(checks, `B${B}.${b}`, cost, columns, pairs, stored(`B${B}_`));
      }
    } else if (meta.G !== undefined) {
      const perGroup = cost.length / meta.G;
      for (let g = 0; g < meta.G; g++) {
        const part = cost.subarray(g * perGroup, (g + 1) * perGroup);
        checks.close(`cost.${b}.${g}`, part, valuesOf(tensorOf(golden, `cost_g${g}_${b}`)), 1e-5);
      }
      compare(checks, `groups.${b}`, cost, columns, pairsBy(groupMatching({ groups: meta.G }), image), stored(''));
    } else if (meta.n_one2one !== undefined && meta.k !== undefined) {
      const oneToOne = meta.n_one2one;
      const pairs = pairsBy(hybridMatching({ oneToOne, copies: meta.k }), image);
      const first = stored('one2one_');
      const others = stored('one2many_');
      const both: Pairs = {
        candidates: Int32Array.of(...first.candidates, ...others.candidates.map((i) => i + oneToOne)),
        targets: Int32Array.of(...first.targets, ...others.targets),
      };
      compare(checks, `hybrid.${b}`, cost, columns, pairs, both);
    } else throw new Unsupported('matching that is neither B-matching nor of groups nor hybrid');
  });
};
