import { BACKGROUND, countBoxes, fail, IGNORE } from '@detrain/core';
import { costsOf } from './_cost.ts';
import { leastRows } from './_least.ts';

/** What `assignSimota` assigns, in pixels. */
export interface SimotaInput {
  /** Point and stride of each candidate: x, y, stride across, stride down `[count * 4]`. */
  readonly priors: Float32Array;
  /** Predicted x1 y1 x2 y2 `[count * 4]`. */
  readonly boxes: Float32Array;
  /** Probabilities, not logits `[count * numClasses]`. */
  readonly scores: Float32Array;
  readonly numClasses: number;
  /** x1 y1 x2 y2 `[targets * 4]` */
  readonly targets: Float32Array;
  /** `[targets]` */
  readonly labels: Int32Array;
  /** 0 for candidates that are left out `[count]`. */
  readonly valid?: Uint8Array;
}

/** Options of the rule. */
export interface SimotaRule {
  /** Strides from a target's centre within which a point is central. Default: 2.5. */
  readonly centerRadius?: number;
  /** How many of the largest IoUs with a target are added up to the number of its candidates. Default: 10. */
  readonly candidateTopk?: number;
  /** Weight of minus the logarithm of the IoU in the cost. Default: 3. */
  readonly iouWeight?: number;
  /** Weight of the classes' cross entropy in the cost. Default: 1. */
  readonly classWeight?: number;
}

/** Who answers for whom. */
export interface SimotaResult {
  /** A target's index, BACKGROUND or IGNORE `[count]`. */
  readonly targetOf: Int32Array;
  /** IoU of each positive's predicted box with its target, 0 elsewhere `[count]`. */
  readonly iou: Float32Array;
  /** Candidates that each target asked for `[targets]`; 0 where no candidate is near any target. */
  readonly wanted: Int32Array;
}

/** The defaults of `SimotaRule`. */
export const SIMOTA_RULE: Required<SimotaRule> = { centerRadius: 2.5, candidateTopk: 10, iouWeight: 3, classWeight: 1 };

/**
 * SimOTA (Ge et al. 2021, YOLOX, section 2.1) in pixels: each target takes as many of the cheapest candidates as its largest IoUs add up
 * to, at least one; a candidate that several targets took goes to the one it costs least with, of all targets.
 *
 * Candidates inside no target and near no target's centre are background. IoUs are float32, as in mmdetection; of equally cheap
 * candidates the first is taken.
 *
 * Throws where arrays do not fit, or a label is out of range.
 */
export const assignSimota = (input: SimotaInput, rule: SimotaRule = {}): SimotaResult => {
  check(input);
  const count = countBoxes(input.boxes);
  const columns = input.labels.length;
  const settings = { ...SIMOTA_RULE, ...rule };
  const { near, cost, iou: overlaps } = costsOf(input, settings);
  const rows = near.length;
  const wanted = new Int32Array(columns);
  /** The target that took each row, NONE or SEVERAL. */
  const taken = new Int32Array(rows).fill(NONE);
  for (let j = 0; j < columns && rows > 0; j++) {
    const best = leastRows({ values: overlaps, columns, column: j }, settings.candidateTopk, -1);
    const sum = best.reduce((total, row) => Math.fround(total + overlaps[row * columns + j]!), 0);
    wanted[j] = Math.max(1, Math.floor(sum));
    for (const row of leastRows({ values: cost, columns, column: j }, wanted[j]!, 1))
      taken[row] = taken[row] === NONE ? j : SEVERAL;
  }

  const targetOf = Int32Array.from({ length: count }, (_, i) => (input.valid?.[i] === 0 ? IGNORE : BACKGROUND));
  const iou = new Float32Array(count);
  taken.forEach((target, row) => {
    if (target === NONE) return;
    const own = target === SEVERAL ? leastOf(cost, row * columns, columns) : target;
    targetOf[near[row]!] = own;
    iou[near[row]!] = overlaps[row * columns + own]!;
  });
  return { targetOf, iou, wanted };
};

const NONE = -1;
const SEVERAL = -2;

/** Which of `count` values from `start` on is least; of equal ones the first. */
const leastOf = (values: Float64Array, start: number, count: number): number => {
  let least = 0;
  for (let j = 1; j < count; j++) if (values[start + j]! < values[start + least]!) least = j;
  return least;
};

const check = ({ priors, boxes, scores, numClasses, targets, labels }: SimotaInput): void => {
  if (priors.length !== boxes.length || scores.length * 4 !== boxes.length * numClasses)
    fail(
      'assigner-simota',
      `${priors.length / 4} priors, ${boxes.length / 4} boxes, ${scores.length} scores of ${numClasses} classes`,
      'Every candidate has a prior, a box and a score for each class',
      'Pass the class probabilities of all candidates',
    );
  if (targets.length !== 4 * labels.length)
    fail(
      'assigner-simota',
      `${targets.length} box numbers for ${labels.length} labels`,
      '4 a label',
      'Check the targets',
    );
  const wrong = labels.find((label) => !(label >= 0 && label < numClasses));
  if (wrong !== undefined)
    fail(
      'assigner-simota',
      `a target of class ${wrong}`,
      `This model has classes 0 to ${numClasses - 1}`,
      'Set numClasses to the number of classes of the data set',
    );
};
