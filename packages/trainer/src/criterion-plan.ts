import { fail } from '@detrain/core';
import type { LossContext, OutputLayout, Recipe, WeightedLoss } from '@detrain/core/tensors';

/** Shapes that a criterion is made for. */
export interface CriterionLayout extends OutputLayout {
  readonly batch: number;
  readonly numClasses: number;
  /** Queries of the main group. */
  readonly queries: number;
  /** Candidates of the encoder output; default `queries`. */
  readonly encoderCandidates?: number;
  /** The group of queries with known assignments: its name and its queries an image. */
  readonly known?: { readonly name: string; readonly count: number };
}

/** One output that losses are computed on. */
export interface OutputPlan {
  readonly group: 'main' | 'known';
  readonly role: LossContext['role'];
  /** The decoder layer, from 0; 0 for `pre` and `encoder`. */
  readonly layer: number;
  readonly last: boolean;
  /** `layer.0`, `pre`, `encoder`: what assigners and read-backs call a main output. */
  readonly output: string;
  /** What its terms end in, as in the official logs: '', `_aux_0`, `_pre`, `_enc_0`, `_dn_0`, `_dn_pre`. */
  readonly suffix: string;
  readonly losses: readonly WeightedLoss[];
  /** Index of the set for class losses. */
  readonly own: number;
  /** Index of the set for box losses. */
  readonly shared: number;
}

/** One set of dense targets. */
export interface SetPlan {
  /** The output whose matches these are, `union`, or `known`. */
  readonly source: string;
  /** Sets of equally many candidates are stacked into one input. */
  readonly bucket: string;
  readonly candidates: number;
  readonly slots: number;
}

export interface CriterionPlan {
  readonly outputs: readonly OutputPlan[];
  readonly sets: readonly SetPlan[];
}

const lastLayer = ({ layers }: OutputLayout): string => `layer.${layers - 1}`;

/** The name of the output whose matches a main output's class losses use. */
export const matchedOutput = (recipe: Recipe, layout: CriterionLayout, output: string): string =>
  recipe.matching === 'last' && output !== 'encoder' ? lastLayer(layout) : output;

/** Whether a main output votes for the union of matches. */
export const votes = (recipe: Recipe, layout: CriterionLayout, output: string): boolean =>
  output !== 'encoder' || (!recipe.proposals && (layout.encoderCandidates ?? layout.queries) === layout.queries);

/** Names of the main group's outputs, the layers in order, then `pre` and `encoder`. */
export const mainOutputs = ({ layers, pre, encoder }: OutputLayout): string[] => [
  ...Array.from({ length: layers }, (_, i) => `layer.${i}`),
  ...(pre ? ['pre'] : []),
  ...(encoder ? ['encoder'] : []),
];

const suffixOf = (output: string, prefix: string, last: boolean): string => {
  if (output === 'encoder') return '_enc_0';
  if (output === 'pre') return prefix ? `_${prefix}_pre` : '_pre';
  const layer = output.slice('layer.'.length);
  if (prefix) return `_${prefix}_${layer}`;
  return last ? '' : `_aux_${layer}`;
};

/**
 * Which outputs there are, which set of targets each loss uses, and what the terms are called.
 * Throws on a layout without layers and on two losses of one name.
 */
export const planCriterion = (recipe: Recipe, layout: CriterionLayout): CriterionPlan => {
  if (layout.layers < 1)
    fail('trainer', `a detector with ${layout.layers} layers`, 'At least one is wanted', 'Check its `outputs`');
  if (recipe.auxiliaries.length)
    fail(
      'trainer',
      `auxiliary heads ${recipe.auxiliaries.map(({ name }) => name).join(', ')}`,
      'They are not run yet',
      'Leave them out of the recipe',
    );
  checkNames(recipe.losses);
  const slots = recipe.assigner.slots ?? 1;
  const sets: SetPlan[] = [];
  const indexOf = new Map<string, number>();
  const setFor = (source: string): number => {
    const held = indexOf.get(source);
    if (held !== undefined) return held;
    const encoder = source === 'encoder';
    const count = encoder ? (layout.encoderCandidates ?? layout.queries) : layout.queries;
    const repeats = encoder ? (recipe.proposals?.assigner.slots ?? slots) : slots;
    const bucket = count * repeats === layout.queries * slots ? 'main' : source;
    sets.push({ source, bucket, candidates: count, slots: repeats });
    indexOf.set(source, sets.length - 1);
    return sets.length - 1;
  };

  const outputs: OutputPlan[] = [];
  const add = (
    output: string,
    group: OutputPlan['group'],
    own: number,
    shared: number,
    losses: readonly WeightedLoss[],
  ) => {
    const role = output.startsWith('layer.') ? 'layer' : (output as 'pre' | 'encoder');
    const layer = role === 'layer' ? Number(output.slice('layer.'.length)) : 0;
    const last = role === 'layer' && layer === layout.layers - 1;
    const prefix = group === 'main' ? '' : prefixOf(layout.known?.name ?? '');
    outputs.push({ group, role, layer, last, output, suffix: suffixOf(output, prefix, last), losses, own, shared });
  };
  const names = mainOutputs(layout);
  const own = names.map((name) => setFor(matchedOutput(recipe, layout, name)));
  const union = recipe.matching === 'union' ? setFor('union') : -1;
  names.forEach((name, i) => {
    const index = own[i] as number;
    const shared = union >= 0 && votes(recipe, layout, name) ? union : index;
    const losses = name === 'encoder' && recipe.proposals ? recipe.proposals.losses : recipe.losses;
    add(name, 'main', index, shared, losses);
  });
  if (layout.known) {
    sets.push({ source: 'known', bucket: 'known', candidates: layout.known.count, slots: 1 });
    for (const name of mainOutputs({ ...layout, encoder: false }))
      add(name, 'known', sets.length - 1, sets.length - 1, recipe.losses);
  }
  return { outputs, sets };
};

/** What a group's terms begin with: `dn` for denoising, as in the official logs. */
const prefixOf = (name: string): string => (name.includes('denoising') ? 'dn' : name);

const checkNames = (losses: readonly WeightedLoss[]): void => {
  const names = losses.map(({ loss }) => loss.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    fail('trainer', `two losses named '${twice}'`, 'Each term needs a name of its own', 'Remove one, or rename it');
};
