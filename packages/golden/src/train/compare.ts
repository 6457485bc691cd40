import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Assignment, pairsOf } from '@detrain/core';
import { floatsOf, type GoldenCase, readJson } from '../case.ts';
import { type Checks, relativeL2 } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { toNchw } from '../generate.ts';
import { alignQueries, reorder } from '../kinds/full.ts';
import type { FloatNoise, Indices, TrainMeta } from './meta.ts';
import type { SeenStep } from './step.ts';

/** 1e-3 (reference README, section 6), or ten times what the official code differs from itself. */
export const noisy = (noise = 0, least = 1e-3) => Math.max(least, 10 * noise);

/**
 * How far single gradients may be off. With running statistics 1e-3. Batch statistics amplify rounding a hundredfold, and
 * then about one of a million pre-activations changes its sign, a location its cell, or a probability its rank among the
 * four that location quality looks at. One such flip changes the gradients before it by up to a hundredth, so there the
 * strict limit holds for the median of all gradients.
 */
export const gradientLimits = (batchStatistics: boolean) =>
  batchStatistics ? { least: 1e-3, floor: 1e-2 } : { least: 1e-3, floor: 1e-3 };

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const largest = (noise: number | readonly number[] = 0): number =>
  typeof noise === 'number' ? noise : Math.max(...noise);

/** The l2 norm. */
export const l2 = (data: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2;
  return Math.sqrt(sum);
};

/** Where the reference's queries are among ours: `order[b * queries + q]` is our index of its query q. */
export const orderOf = (golden: GoldenCase, checks: Checks, step: SeenStep, batch: number): Int32Array => {
  const theirs = golden.tensors()['enc_topk_ind'];
  const tokens = step.seen['tokens']?.data ?? [];
  const order = theirs
    ? alignQueries(tokens, Int32Array.from(theirs.data as BigInt64Array, Number), batch)
    : Int32Array.from(tokens, (_, i) => i % (tokens.length / batch));
  checks.count('enc_topk_ind as sets: missing tokens', order.filter((query) => query < 0).length, 0);
  return order;
};

/** Pyramid and predictions; those of the model's own queries in the reference's order. */
export const compareOutputs = (
  golden: GoldenCase,
  checks: Checks,
  step: SeenStep,
  order: Int32Array,
  batchStatistics: boolean,
) => {
  const { float_noise: noise } = golden.meta as unknown as TrainMeta;
  const noiseOf = (name: string) =>
    largest(noise?.outputs_maxabs?.[name.startsWith('encoder') ? 'encoder' : (name.split('.').at(-1) ?? '')]);
  const least = batchStatistics ? 1e-3 : 1e-4;
  for (const [name, { shape, data }] of Object.entries(step.seen)) {
    const tolerance = noisy(noiseOf(name), least);
    if (name.startsWith('encoder.') && shape.length === 4) {
      const nchw = toNchw({ shape, dtype: 'float32', data: data as Float32Array });
      compareTensor(golden, checks, name, nchw.data, tolerance);
    } else if (name.startsWith('out.')) {
      const own = !name.startsWith('out.dn_');
      const [batch = 1, , width = 1] = shape;
      compareTensor(golden, checks, name, own ? reorder(data, order, batch, width) : data, tolerance);
    }
  }
};

const pairKeys = (queries: ArrayLike<number>, targets: ArrayLike<number>) =>
  Array.from({ length: queries.length }, (_, k) => `${queries[k]}-${targets[k]}`);

/** Assignments as sets of pairs; ours are put into the reference's order of queries. */
export const comparePairs = (
  checks: Checks,
  label: string,
  ours: readonly Assignment[] | null | undefined,
  theirs: Indices,
  order: Int32Array,
) => {
  const queries = order.length / theirs.length;
  let wrong = ours ? 0 : Number.POSITIVE_INFINITY;
  theirs.forEach(([rows, columns], image) => {
    const assignment = ours?.[image];
    if (!assignment) return;
    const where = new Map(
      Array.from(order.subarray(image * queries, (image + 1) * queries), (our, their) => [our, their]),
    );
    const pairs = pairsOf(assignment);
    const found = new Set(
      pairKeys(
        Int32Array.from(pairs.candidates, (query) => where.get(query) ?? -1),
        pairs.targets,
      ),
    );
    const wanted = new Set(pairKeys(rows, columns));
    wrong += [...wanted].filter((key) => !found.has(key)).length + [...found].filter((key) => !wanted.has(key)).length;
  });
  checks.add(label, wrong, 0);
};

/** Official names of matcher calls to our names of outputs. */
const outputOf = (call: string, layers: number): string => {
  if (call === 'main') return `layer.${layers - 1}`;
  if (call === 'pre') return 'pre';
  return call.startsWith('enc_') ? 'encoder' : call.replace('aux_', 'layer.');
};

/** Each output's own matches, and the union of all. */
export const compareMatches = (golden: GoldenCase, checks: Checks, step: SeenStep, order: Int32Array) => {
  const meta = golden.meta as unknown as TrainMeta;
  const layers = Object.keys(meta.matcher_calls).filter((call) => call.startsWith('aux_')).length + 1;
  for (const [call, { indices, ...facts }] of Object.entries(meta.matcher_calls)) {
    // where rounding alone changes the official assignment there is nothing to compare
    if (Object.values(facts).includes(false)) continue;
    comparePairs(checks, `matches of ${call}`, step.assigned.matches[outputOf(call, layers)], indices, order);
  }
  // with ambiguous counts the official order of pairs is left open; `stable_go` says what a stable sort gives
  if (!step.assigned.union) return;
  const stable = meta.variants?.['stable_go']?.go_indices;
  const union = meta.go_ambiguous_rows ? stable : meta.go_indices;
  if (!union) return;
  comparePairs(checks, 'union of matches', step.assigned.union, union, order);
  if (!meta.go_ambiguous_rows && meta.num_boxes_go !== undefined) {
    const count = step.assigned.union.reduce((sum, assignment) => sum + pairsOf(assignment).candidates.length, 0);
    checks.count('num_boxes_go', count, meta.num_boxes_go);
  }
};

/** Every weighted term under its official name, and the total. A term that is 0 there may be absent here, and the other way. */
export const compareTerms = (
  checks: Checks,
  label: string,
  step: SeenStep,
  reference: { readonly terms: Readonly<Record<string, number>>; readonly total: number },
  noise: FloatNoise | undefined,
  left: (term: string) => boolean = () => true,
) => {
  const tolerance = noisy(noise?.loss_term_max_rel);
  for (const name of new Set([...Object.keys(reference.terms), ...Object.keys(step.terms)]))
    if (left(name))
      checks.number(`${label}${name}`, step.terms[name] ?? 0, reference.terms[name] ?? 0, tolerance, 1e-3);
  if (Object.keys(reference.terms).every(left))
    checks.number(`${label}loss_total`, step.total, reference.total, noisy(noise?.total_rel, 1e-4));
};

/** Elements of ours that a stored part of a tensor holds. */
const partOf = (ours: ArrayLike<number>, part: string | undefined, stored: ArrayLike<number>): ArrayLike<number> => {
  if (part === undefined) return ours;
  const at = (i: number) => (part === 'first' ? i : Math.floor((i * ours.length) / stored.length));
  return Float64Array.from(stored, (_, i) => ours[at(i)] as number);
};

/** Stored gradients, the norms of all others, and the norm of all together. */
export const compareGradients = (golden: GoldenCase, checks: Checks, step: SeenStep, batchStatistics: boolean) => {
  const meta = golden.meta as unknown as TrainMeta;
  const noise = meta.float_noise;
  const { least, floor } = gradientLimits(batchStatistics);
  const errors: number[] = [];
  for (const [name, tensor] of Object.entries(golden.tensors())) {
    const [, parameter = '', kept] = /^grad\.(.*?)(?:\.(first|strided))?$/.exec(name) ?? [];
    const ours = step.gradients[parameter];
    const stored = ours && floatsOf(tensor);
    if (!stored) continue;
    const part = partOf(ours.data, kept, stored);
    errors.push(relativeL2(part, stored));
    checks.closeL2(name, part, stored, noisy(noise?.grad_rel_l2?.[parameter], least));
  }
  if (errors.length > 0) checks.add('median of the gradients', median(errors), noisy(noise?.grad_rel_l2_median_all));
  const whole = l2(Object.values(step.gradients).map(({ data }) => l2(data)));
  checks.number('global_grad_norm', whole, meta.global_grad_norm, noisy(noise?.grad_rel_l2_median_all));
  for (const name of meta.params_without_grad ?? [])
    checks.count(`no gradient for ${name}`, step.gradients[name] ? l2(step.gradients[name].data) : 0, 0);
  const file = path.join(golden.folder, 'grads_all.json');
  if (!existsSync(file)) return;
  // Gradients of what only shifts or scales the input of a batch norm are rounding around 0: hence the floor.
  for (const [name, [norm = 0]] of Object.entries(readJson<{ grads: Record<string, number[]> }>(file).grads)) {
    const ours = step.gradients[name];
    if (ours)
      checks.number(
        `norm of the gradient of ${name}`,
        l2(ours.data),
        norm,
        noisy(noise?.grad_rel_l2_median_all, least),
        floor * meta.global_grad_norm,
      );
  }
};

/** Running statistics after the forward pass. */
export const compareStatistics = (golden: GoldenCase, checks: Checks, step: SeenStep) => {
  const meta = golden.meta as unknown as TrainMeta;
  for (const [name, tensor] of Object.entries(golden.tensors())) {
    const statistic = /^bn_after\.(.*)$/.exec(name)?.[1];
    const ours = statistic === undefined ? undefined : step.updates[statistic];
    if (ours) checks.close(name, ours.data, floatsOf(tensor), 1e-4);
  }
  for (const [name, norm] of Object.entries(meta.bn_running_after_l2 ?? {})) {
    const ours = step.updates[name];
    if (ours) checks.number(`norm of ${name}`, l2(ours.data), norm, 1e-4, 1e-2);
  }
};
