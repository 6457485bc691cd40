import { fail, type HostTensors, type TensorSpec } from '@detrain/core';
import type { DenseTargets, GroupOutput, LossContext, Predictions, Recipe } from '@detrain/core/tensors';
import { repeatCandidates } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs-core';
import { type AssignRequest, type AssignResult, assignOutputs, PARTS, partShape } from './criterion-assign.ts';
import {
  type CriterionLayout,
  type CriterionPlan,
  mainOutputs,
  matchedOutput,
  type OutputPlan,
  planCriterion,
} from './criterion-plan.ts';

/** A recipe's objective for outputs of one shape: what is matched on the host and what is computed from it. */
export interface Criterion {
  readonly layout: CriterionLayout;
  readonly plan: CriterionPlan;
  /** Names, shapes and types of the dense targets. */
  readonly targets: Readonly<Record<string, TensorSpec>>;
  /** The predictions that `assign` needs, as `OUTPUT.logits` and `OUTPUT.boxes`. */
  readback(groups: readonly GroupOutput[]): Record<string, tf.Tensor>;
  /** Matches on the host. Pure; throws where read-back, targets and layout do not fit. */
  assign(readback: HostTensors, request: AssignRequest): AssignResult;
  /**
   * The objective and its weighted terms under their official names (`loss_mal_aux_0`). A term that is NaN counts as 0 in the total
   * and stays NaN in `terms`, so that it can be reported.
   */
  loss(
    groups: readonly GroupOutput[],
    targets: Readonly<Record<string, tf.Tensor>>,
  ): { readonly total: tf.Scalar; readonly terms: Record<string, tf.Scalar> };
}

/** The criterion of a recipe for outputs of this layout (D-FINE's composition: specs of DEIM, section 3). */
export const createCriterion = (recipe: Recipe, layout: CriterionLayout): Criterion => {
  const plan = planCriterion(recipe, layout);
  return {
    layout,
    plan,
    targets: targetSpecs(layout, plan),
    readback: (groups) => {
      const main = groupOf(groups, 'main');
      const tensors: Record<string, tf.Tensor> = {};
      for (const name of mainOutputs(layout)) {
        const output = matchedOutput(recipe, layout, name);
        const { logits, boxes } = predictionsOf(main, output);
        tensors[`${output}.logits`] = logits;
        tensors[`${output}.boxes`] = boxes;
      }
      return tensors;
    },
    assign: (readback, request) => assignOutputs(recipe, layout, plan, readback, request),
    loss: (groups, targets) => composeLoss(layout, plan, groups, targets),
  };
};

const targetSpecs = ({ batch }: CriterionLayout, { sets }: CriterionPlan): Record<string, TensorSpec> => {
  const specs: Record<string, TensorSpec> = {};
  for (const { bucket, candidates, slots } of sets) {
    const members = sets.filter((set) => set.bucket === bucket).length;
    for (const [part, dtype, width] of PARTS)
      specs[`targets.${bucket}.${part}`] = { shape: partShape(members, batch, candidates * slots, width), dtype };
  }
  specs['targets.normalizers'] = { shape: [sets.length], dtype: 'float32' };
  specs['targets.counts'] = { shape: [sets.length, 2], dtype: 'float32' };
  return specs;
};

const groupOf = (groups: readonly GroupOutput[], name: string): GroupOutput =>
  groups.find((group) => group.name === name) ??
  fail(
    'trainer',
    `the detector gave groups ${groups.map((group) => group.name).join(', ')}`,
    `A group '${name}' is wanted`,
    'Return one output a query group, under its name',
  );

const predictionsOf = (group: GroupOutput, output: string): Predictions => {
  const found =
    output === 'pre' ? group.pre : output === 'encoder' ? group.encoder : group.layers[Number(output.slice(6))];
  return (
    found ??
    fail(
      'trainer',
      `group '${group.name}' has no output '${output}'`,
      'The layout promised one',
      'Check `outputs` of the detector',
    )
  );
};

/** The stacked inputs taken apart into one `DenseTargets` a set. */
const unpackSets = ({ sets }: CriterionPlan, targets: Readonly<Record<string, tf.Tensor>>): DenseTargets[] => {
  const input = (name: string) =>
    targets[name] ??
    fail('trainer', `no target '${name}'`, 'All of `targets` are wanted', 'Pass what `assign` returned');
  const parts = new Map<string, tf.Tensor[]>();
  for (const bucket of new Set(sets.map((set) => set.bucket)))
    for (const [part] of PARTS) parts.set(`${bucket}.${part}`, tf.unstack(input(`targets.${bucket}.${part}`)));
  const normalizers = tf.unstack(input('targets.normalizers')) as tf.Scalar[];
  const counts = tf.unstack(tf.reshape(input('targets.counts'), [-1])) as tf.Scalar[];
  const taken = new Map<string, number>();
  return sets.map(({ bucket }, i) => {
    const at = taken.get(bucket) ?? 0;
    taken.set(bucket, at + 1);
    const part = <T extends tf.Tensor>(name: string) => parts.get(`${bucket}.${name}`)?.[at] as T;
    return {
      labels: part('labels'),
      boxes: part('boxes'),
      positive: part('positive'),
      classWeight: part('classWeight'),
      boxWeight: part('boxWeight'),
      quality: part('quality'),
      normalizer: normalizers[i] as tf.Scalar,
      counts: { positives: counts[2 * i] as tf.Scalar, negatives: counts[2 * i + 1] as tf.Scalar },
    };
  });
};

const composeLoss: (
  layout: CriterionLayout,
  plan: CriterionPlan,
  groups: readonly GroupOutput[],
  targets: Readonly<Record<string, tf.Tensor>>,
) => ReturnType<Criterion['loss']> = (layout, plan, groups, targets) => {
  const sets = unpackSets(plan, targets);
  const cache = new Map<string, unknown>();
  const names: string[] = [];
  const values: tf.Scalar[] = [];
  const weights: number[] = [];
  const unused = new Set(plan.outputs.flatMap(({ losses }) => losses.map(({ loss }) => loss.name)));
  // The official code balances denoising layers by the last layer before the final one of the main group.
  const balancing = plan.outputs.find(
    ({ group, role, layer }) => group === 'main' && role === 'layer' && layer === Math.max(layout.layers - 2, 0),
  ) as OutputPlan;
  for (const output of plan.outputs) {
    const group = groupOf(groups, output.group === 'main' ? 'main' : (layout.known?.name ?? ''));
    const set = plan.sets[output.own];
    const predictions = repeated(predictionsOf(group, output.output), set?.slots ?? 1, cache);
    const teacher = group.layers.at(-1);
    for (const { weight, loss } of output.losses) {
      const which = loss.set === 'own' ? 'own' : 'shared';
      const own = sets[output[which]] as DenseTargets;
      const context: LossContext = {
        role: output.role,
        last: output.last,
        main: output.group === 'main' ? own : (sets[balancing[which]] as DenseTargets),
        cache,
        ...(teacher && { teacher: repeated(teacher, set?.slots ?? 1, cache) }),
        ...(group.regMax !== undefined && { regMax: group.regMax }),
        ...(group.regScale !== undefined && { regScale: group.regScale }),
      };
      const value = loss.compute(predictions, own, context);
      if (!value) continue;
      unused.delete(loss.name);
      names.push(`loss_${loss.name}${output.suffix}`);
      values.push(value);
      weights.push(weight);
    }
  }
  if (!values.length || unused.size)
    fail(
      'trainer',
      `${[...unused].join(', ') || 'no loss'} applies to no output`,
      'Each loss must give a term',
      'Take it out of the recipe (fgl and ddf need edge distributions, ddf two layers), or add losses',
    );
  const weighted = tf.mul(tf.stack(values), tf.tensor1d(weights));
  // NaN is the only value that differs from itself.
  const guarded = tf.where(tf.equal(weighted, weighted), weighted, tf.zerosLike(weighted));
  const terms = tf.unstack(weighted);
  return {
    total: tf.sum(guarded),
    terms: Object.fromEntries(names.map((name, i) => [name, terms[i] as tf.Scalar])),
  };
};

const repeated = (predictions: Predictions, slots: number, cache: Map<string, unknown>): Predictions => {
  if (slots === 1) return predictions;
  const key = `repeated/${predictions.boxes.id}`;
  const held = (cache.get(key) as Predictions | undefined) ?? repeatCandidates(predictions, slots);
  cache.set(key, held);
  return held;
};
