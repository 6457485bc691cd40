import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Assignment, type HostTensor, type HostTensors, pairsOf } from '@detrain/core';
import { floatsOf, type GoldenCase, readJson } from '../case.ts';
import { type Checks, relativeL2 } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { toNchw } from '../generate.ts';
import { alignQueries, reorder } from '../kinds/full.ts';
import type { FloatNoise, Indices, TrainMeta } from './meta.ts';
import type { SeenStep } from './step.ts';

/** 1e-3 (reference README, section 6), or ten times what the official code differs from itself. */
export const noisy = (noise = 0, least = 1e-3) => Math.max(least, 10 * noise);

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
  const { float_noise: noise, repo } = golden.meta as unknown as TrainMeta;
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
      const stored = repo === 'rtdetr' ? name.replace('.dn_outputs', '.dn_aux_outputs') : name;
      const [batch = 1, , width = 1] = shape;
      compareTensor(golden, checks, stored, own ? reorder(data, order, batch, width) : data, tolerance);
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

/** Below this share of the norm of all gradients together, a norm is compared with the share: it is rounding around 0. */
const FLOOR = { batch: 1e-2, running: 1e-3 };

const norm = (gradient: HostTensor) => l2(gradient.data);
const normOfAll = (gradients: HostTensors) => l2(Object.values(gradients).map(norm));
const offBy = (ours: number, reference: number, floor: number) =>
  Math.abs(ours - reference) / Math.max(reference, floor);

/** What the official code says of gradients. */
interface GradientReference {
  readonly prefix: string;
  readonly norms: Readonly<Record<string, number>>;
  readonly whole: number;
  readonly noise: FloatNoise | undefined;
  readonly batchStatistics: boolean;
}

/** Norms of gradients; each counts as right where it is in one of the roundings. */
export const compareNorms = (checks: Checks, roundings: readonly HostTensors[], reference: GradientReference) => {
  const { prefix, norms, whole, noise, batchStatistics } = reference;
  const floor = whole * (batchStatistics ? FLOOR.batch : FLOOR.running);
  const best = (error: (gradients: HostTensors) => number) => Math.min(...roundings.map(error));
  for (const [name, expected] of Object.entries(norms)) {
    if (!roundings[0]?.[name]) continue;
    const error = best((gradients) => offBy(norm(gradients[name] as HostTensor), expected, floor));
    checks.add(`${prefix}norm of the gradient of ${name}`, error, noisy(noise?.grad_rel_l2?.[name]));
  }
  const error = best((gradients) => offBy(normOfAll(gradients), whole, 0));
  checks.add(`${prefix}global_grad_norm`, error, noisy(noise?.grad_rel_l2_median_all));
};

/**
 * Stored gradients, the norms of all others, and the norm of all together.
 *
 * @param roundings the gradients, and where those are not all within 1e-3 also those of the same step on images that differ
 *   in their last bit. The objective has kinks (the sign of a ReLU, the cell of a sampled location, the rank among the four
 *   probabilities that location quality looks at), and batch statistics carry rounding to them: a gradient then jumps by
 *   up to a hundredth, other ones in each rounding. A wrong gradient is wrong in all of them.
 */
export const compareGradients = (
  golden: GoldenCase,
  checks: Checks,
  roundings: readonly HostTensors[],
  batchStatistics: boolean,
) => {
  const meta = golden.meta as unknown as TrainMeta;
  const noise = meta.float_noise;
  for (const [name, tensor] of Object.entries(golden.tensors())) {
    const [, parameter = '', kept] = /^grad\.(.*?)(?:\.(first|strided))?$/.exec(name) ?? [];
    const stored = roundings[0]?.[parameter] && floatsOf(tensor);
    if (!stored) continue;
    const errors = roundings.map((gradients) => {
      const ours = gradients[parameter]?.data ?? [];
      return relativeL2(partOf(ours, kept, stored), stored);
    });
    checks.add(name, Math.min(...errors), noisy(noise?.grad_rel_l2?.[parameter]));
  }
  for (const name of meta.params_without_grad ?? []) {
    const gradient = roundings[0]?.[name];
    checks.count(`no gradient for ${name}`, gradient ? norm(gradient) : 0, 0);
  }
  const file = path.join(golden.folder, 'grads_all.json');
  const all = existsSync(file) ? readJson<{ grads: Record<string, number[]> }>(file).grads : {};
  const norms = Object.fromEntries(Object.entries(all).map(([name, [value = 0]]) => [name, value]));
  compareNorms(checks, roundings, { prefix: '', norms, whole: meta.global_grad_norm, noise, batchStatistics });
};

/** Running statistics after the forward pass. */
export const compareStatistics = (golden: GoldenCase, checks: Checks, step: Pick<SeenStep, 'updates'>) => {
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
