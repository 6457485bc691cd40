import {
  type AssignContext,
  type Assignment,
  type Candidates,
  fail,
  type HostTensor,
  type HostTensors,
  type KnownQueries,
  type Normalizer,
  type Targets,
  unionAssignments,
} from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { type DenseArrays, denseArrays, denseView, densify, normalizerOf } from '@detrain/losses';
import { type CriterionLayout, type CriterionPlan, mainOutputs, matchedOutput, votes } from './criterion-plan.ts';

/** The place of some images in a batch that several threads or machines share. */
export interface Share {
  /** The place of the first of these images in the batch. */
  readonly first: number;
  /** Sums numbers over all shares, in place. Waits for the other shares. */
  sum(values: Float32Array): void;
}

/** What the host part of a criterion needs beside the predictions. */
export interface AssignRequest extends Omit<AssignContext, 'output'> {
  /** One an image. */
  readonly targets: readonly Targets[];
  /** The batch's queries with known assignments, where the layout has some. */
  readonly known?: KnownQueries | null;
  /** Present where these images are only a share of the batch: what sums are divided by is counted over all of it. */
  readonly share?: Share;
}

/** Who answers for whom in one step. */
export interface AssignResult {
  /** Dense targets under the names of the criterion's `targets`. */
  readonly dense: HostTensors;
  /** Per matched output (`layer.0`, `pre`, `encoder`): one assignment an image. */
  readonly matches: Readonly<Record<string, readonly Assignment[]>>;
  /** The set of the box losses where outputs share one (`union`): one assignment an image. */
  readonly union: readonly Assignment[] | null;
}

/** Names of the parts of dense targets, with their type and how many numbers a candidate has. */
export const PARTS = [
  ['labels', 'int32', 1],
  ['boxes', 'float32', 4],
  ['positive', 'float32', 1],
  ['classWeight', 'float32', 1],
  ['boxWeight', 'float32', 1],
  ['quality', 'float32', 1],
] as const;

/** The shape of one part of a bucket of `sets` sets. */
export const partShape = (sets: number, batch: number, candidates: number, width: number): number[] =>
  width === 1 ? [sets, batch, candidates] : [sets, batch, candidates, width];

/** What the sums over a set are divided by. */
const normalizerFor = (recipe: Recipe, source: string): Normalizer => {
  if (source === 'union') return 'pairs';
  return source === 'known' ? 'targets' : recipe.normalizer;
};

/** Assigns one output, image by image. */
const assignOutput = (
  recipe: Recipe,
  layout: CriterionLayout,
  output: string,
  readback: HostTensors,
  request: AssignRequest,
) => {
  const { numClasses, batch } = layout;
  const assigner = output === 'encoder' && recipe.proposals ? recipe.proposals.assigner : recipe.assigner;
  const values = (part: string): Float32Array => {
    const tensor = readback[`${output}.${part}`];
    if (!tensor)
      fail(
        'trainer',
        `no '${output}.${part}' was read back`,
        'All main outputs are needed',
        'Pass what the criterion asks to read back',
      );
    return tensor.data as Float32Array;
  };
  const [logits, boxes] = [values('logits'), values('boxes')];
  const count = boxes.length / 4 / batch;
  const { rng, progress, epoch, step, share } = request;
  const first = share?.first ?? 0;
  return request.targets.map((targets, image) => {
    const candidates: Candidates = {
      boxes: boxes.subarray(4 * count * image, 4 * count * (image + 1)),
      logits: logits.subarray(numClasses * count * image, numClasses * count * (image + 1)),
      numClasses,
    };
    return assigner.assign(candidates, targets, {
      rng: rng.fork(`${output}/${first + image}`),
      progress,
      epoch,
      step,
      output,
    });
  });
};

/** The host part of a criterion: matches every output, forms the union, lays everything out densely. */
export const assignOutputs = (
  recipe: Recipe,
  layout: CriterionLayout,
  plan: CriterionPlan,
  readback: HostTensors,
  request: AssignRequest,
): AssignResult => {
  const { targets, known } = request;
  if (targets.length !== layout.batch)
    fail('trainer', `targets of ${targets.length} images`, `The batch has ${layout.batch}`, 'Pass one an image');
  if (layout.known && !known)
    fail(
      'trainer',
      'no known queries',
      `${layout.known.count} an image were fed`,
      'Pass the same known queries to `assign`',
    );

  const matches: Record<string, readonly Assignment[]> = {};
  const names = mainOutputs(layout);
  for (const name of names) {
    const matched = matchedOutput(recipe, layout, name);
    matches[matched] ??= assignOutput(recipe, layout, matched, readback, request);
  }
  const voters = names.filter((name) => votes(recipe, layout, name)).map((name) => matches[name] ?? []);
  const union =
    recipe.matching === 'union'
      ? targets.map(({ labels }, image) =>
          unionAssignments(
            voters.map((assignments) => assignments[image] as Assignment),
            labels.length,
          ),
        )
      : null;

  const dense: Record<string, HostTensor> = {};
  // Three numbers a set: what the normaliser counts, the positives, the negatives.
  const counted = new Float32Array(3 * plan.sets.length);
  for (const bucket of new Set(plan.sets.map((set) => set.bucket))) {
    const members = plan.sets.filter((set) => set.bucket === bucket);
    const rows = layout.batch * (members[0]?.candidates ?? 0) * (members[0]?.slots ?? 0);
    const arrays: DenseArrays = denseArrays(members.length * rows);
    members.forEach(({ source, candidates, slots }, i) => {
      const special = { union, known: known?.assignments }[source as 'union' | 'known'];
      const host = densify(special ?? matches[source] ?? [], targets, {
        numCandidates: candidates,
        numClasses: layout.numClasses,
        normalizer: normalizerFor(recipe, source),
        slots,
        out: denseView(arrays, i * rows, rows),
      });
      const set = plan.sets.indexOf(members[i] as (typeof members)[number]);
      counted.set([host.counted, host.positives, host.negatives], 3 * set);
    });
    for (const [part, dtype, width] of PARTS)
      dense[`targets.${bucket}.${part}`] = {
        shape: partShape(members.length, layout.batch, rows / layout.batch, width),
        dtype,
        data: arrays[part],
      };
  }
  request.share?.sum(counted);
  const normalizers = Float32Array.from(plan.sets, ({ source }, set) =>
    normalizerOf(normalizerFor(recipe, source), counted[3 * set] as number, source === 'known' ? known?.groups : 1),
  );
  const counts = Float32Array.from(
    { length: 2 * plan.sets.length },
    (_, k) => counted[3 * (k >> 1) + 1 + (k & 1)] as number,
  );
  dense['targets.normalizers'] = { shape: [normalizers.length], dtype: 'float32', data: normalizers };
  dense['targets.counts'] = { shape: [plan.sets.length, 2], dtype: 'float32', data: counts };
  return { dense, matches, union };
};
