import { type Assignment, fromPairs, pairsOf, type Targets, unionAssignments } from '@detrain/core';
import type { Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { type DenseHost, ddf, densify, fgl, focal, giou, l1, mal, toTensors, vfl } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';
import { targetsOf } from '../kinds/matcher.ts';

type Indices = readonly (readonly [readonly number[], readonly number[]])[];

interface CriterionMeta {
  readonly batch: number;
  readonly queries: number;
  readonly classes: number;
  readonly indices: Indices;
  readonly values: Readonly<Record<string, number>>;
  readonly go_example?: { readonly indices: readonly Indices[]; readonly go: Indices };
}

interface Setting {
  readonly loss: Loss;
  readonly part: 'logits' | 'boxes' | 'corners';
  /** What differs from the plain targets. */
  readonly targets?: 'quality' | 'weight' | 'none';
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

const numberIn = (name: string, key: string): number | undefined => {
  const found = new RegExp(`_${key}([\\d.]+?)(?=_|\\.loss|$)`).exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** A value's name says its loss and settings: `mal_g1.5_alpha0.75.loss_mal`. */
const settingOf = (name: string): Setting | undefined => {
  const [, loss = ''] = /\.loss_(\w+)$/.exec(name) ?? [];
  const given = name.includes('values_given') ? ({ targets: 'quality' } as const) : {};
  const quality = name.includes('values_given') ? ('assigned' as const) : ('iou' as const);
  const gamma = numberIn(name, 'g');
  const alpha = numberIn(name, 'alpha') ?? numberIn(name, 'a');
  const options = { ...(gamma !== undefined && { gamma }), ...(alpha !== undefined && { alpha }) };
  if (name.startsWith('empty_mal')) return { loss: mal(), part: 'logits', targets: 'none' };
  if (loss === 'mal') return { loss: mal({ ...options, quality }), part: 'logits', ...given };
  if (loss === 'vfl') return { loss: vfl({ ...options, quality }), part: 'logits', ...given };
  if (loss === 'focal') return { loss: focal(options), part: 'logits' };
  const weighted = name.startsWith('boxes_weighted') ? ({ targets: 'weight' } as const) : {};
  const none = name.startsWith('empty') ? ({ targets: 'none' } as const) : {};
  // the official weight of pairs is one of GIoU only
  if (loss === 'bbox') return { loss: l1(), part: 'boxes', ...none };
  if (loss === 'giou') return { loss: giou(), part: 'boxes', ...weighted, ...none };
  if (loss === 'fgl') return { loss: fgl(), part: 'corners' };
  return loss === 'ddf' ? { loss: ddf(), part: 'corners' } : undefined;
};

const denseOf = (golden: GoldenCase, setting: Setting): DenseHost => {
  const { batch, queries, classes, indices } = golden.meta as unknown as CriterionMeta;
  const options = { numCandidates: queries, numClasses: classes, normalizer: 'targets' as const };
  const images = Array.from({ length: batch }, (_, image) => image);
  if (setting.targets === 'none') {
    const nothing = images.map((): Targets => ({ boxes: new Float32Array(0), labels: new Int32Array(0) }));
    return densify(
      nothing.map(() => fromPairs(queries, { candidates: new Int32Array(0), targets: new Int32Array(0) })),
      nothing,
      options,
    );
  }
  const given = setting.targets && floatsOf(tensorOf(golden, 'values_arg'));
  let next = 0;
  const assignments = indices.map(([rows, columns]): Assignment => {
    const assignment = fromPairs(queries, { candidates: Int32Array.from(rows), targets: Int32Array.from(columns) });
    if (!given) return assignment;
    const values = new Float32Array(queries);
    for (const row of rows) values[row] = given[next++] as number;
    return setting.targets === 'quality' ? { ...assignment, quality: values } : { ...assignment, boxWeight: values };
  });
  return densify(
    assignments,
    images.map((image) => targetsOf(golden, image)),
    options,
  );
};

/** `local_dn`: the balance of matched and unmatched comes from another group, whose roots are given. */
const contextOf = (golden: GoldenCase, name: string, targets: ReturnType<typeof toTensors>): LossContext => {
  const { batch, values } = golden.meta as unknown as CriterionMeta;
  const teacher: Predictions = {
    logits: load(golden, 'teacher_logits') as tf.Tensor3D,
    boxes: load(golden, 'pred_boxes') as tf.Tensor3D,
    corners: load(golden, 'teacher_corners') as tf.Tensor3D,
  };
  const context = {
    role: 'layer',
    last: false,
    main: targets,
    regMax: 32,
    regScale: 4,
    cache: new Map(),
    teacher,
  } as const;
  if (!name.startsWith('local_dn')) return context;
  const count = (root = 0) => (root ** 2 * batch) / 32;
  const row = (first: number, second: number) =>
    tf.tensor2d([[first, second], ...Array.from({ length: batch - 1 }, () => [0, 0])]);
  const main = {
    ...targets,
    positive: row(count(values['local_dn.num_pos']), 0),
    classWeight: row(0, count(values['local_dn.num_neg'])),
  };
  return { ...context, main };
};

/** Every loss function with its gradient, and the union of matches. */
export const replayCriterion = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as CriterionMeta;
  if (meta.go_example) {
    const { indices, go } = meta.go_example;
    const count = 1 + Math.max(...indices.flat(3));
    go.forEach(([rows, columns], image) => {
      const outputs = indices.map((output) => {
        const [candidates = [], targets = []] = output[image] ?? [];
        return fromPairs(count, { candidates: Int32Array.from(candidates), targets: Int32Array.from(targets) });
      });
      const pairs = pairsOf(unionAssignments(outputs, count));
      const key = (candidate: number, k: number, targets: ArrayLike<number>) => candidate * count + (targets[k] ?? 0);
      checks.exact(
        `go_example ${image}`,
        Array.from(pairs.candidates, (candidate, k) => key(candidate, k, pairs.targets)).sort((a, b) => a - b),
        rows.map((candidate, k) => key(candidate, k, columns)).sort((a, b) => a - b),
      );
    });
  }
  return eagerly(() => {
    for (const [name, value] of Object.entries(meta.values)) {
      const setting = settingOf(name);
      if (!setting) continue;
      const targets = toTensors(denseOf(golden, setting));
      const compute = (x: tf.Tensor) => {
        const predictions = {
          logits: load(golden, 'pred_logits'),
          boxes: load(golden, 'pred_boxes'),
          corners: load(golden, 'pred_corners'),
          reference: load(golden, 'ref_points'),
          [setting.part]: x,
        } as unknown as Predictions;
        return setting.loss.compute(predictions, targets, contextOf(golden, name, targets)) as tf.Scalar;
      };
      const { value: ours, grad } = tf.valueAndGrad(compute)(load(golden, `pred_${setting.part}`));
      checks.number(name, ours.dataSync()[0] as number, value, VALUE, 1);
      const stored = golden.tensors()[`${name}.grad_${setting.part}`];
      if (stored) checks.closeL2(`${name}.grad_${setting.part}`, grad.dataSync(), floatsOf(stored), GRADIENT);
    }
  });
};
