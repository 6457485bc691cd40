import type { Detector, Recipe } from '@detrain/core/tensors';

/** Something in a recipe that cannot work, or hardly does. */
export interface RecipeProblem {
  /** `error`: training would fail or mean something else; `warning`: it works, and is rarely what was meant. */
  readonly severity: 'error' | 'warning';
  /** The field of the recipe. */
  readonly field: string;
  /** What was seen. */
  readonly seen: string;
  /** What to do about it. */
  readonly fix: string;
}

/** What is known of the data a recipe will see. */
export interface RecipeUse {
  /** Most objects of one training image, after mosaics and mixup. */
  readonly maxTargets?: number;
}

type Check = (recipe: Recipe, detector: Detector, use: RecipeUse) => RecipeProblem | null;

const error = (field: string, seen: string, fix: string): RecipeProblem => ({ severity: 'error', field, seen, fix });
const warning = (field: string, seen: string, fix: string): RecipeProblem => ({
  severity: 'warning',
  field,
  seen,
  fix,
});

/** Losses on edge distributions. */
const LOCAL = ['fgl', 'ddf'];
const localLosses = (recipe: Recipe) =>
  recipe.losses.map(({ loss }) => loss.name).filter((name) => LOCAL.includes(name));

/** Known queries beyond this multiple of the model's own make a step mostly denoising. */
const KNOWN_QUERIES_FACTOR = 2;

const checks: readonly Check[] = [
  ({ losses }) =>
    losses.some(({ loss }) => loss.set === 'own')
      ? null
      : error('losses', 'no classification loss', 'Add one, for instance { weight: 1, loss: mal() }'),
  ({ losses }) =>
    losses.some(({ loss }) => loss.set === 'shared')
      ? null
      : warning('losses', 'no box loss', 'Add { weight: 5, loss: l1() } and { weight: 2, loss: giou() }'),
  ({ losses }) => {
    const names = losses.map(({ loss }) => loss.name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return twice === undefined ? null : error('losses', `two losses named '${twice}'`, 'Keep one of them');
  },
  ({ losses }) => {
    const bad = losses.find(({ weight }) => !(Number.isFinite(weight) && weight >= 0));
    return bad
      ? error('losses', `weight ${bad.weight} of '${bad.loss.name}'`, 'Use a finite weight of at least 0')
      : null;
  },
  (recipe) => {
    const local = localLosses(recipe);
    return local.length && recipe.matching !== 'union'
      ? warning(
          'matching',
          `${local.join(' and ')} with matching '${recipe.matching}'`,
          "Use matching: 'union', as D-FINE does, or leave them out, as DEIMv2's small models do",
        )
      : null;
  },
  (recipe, { name, outputs }) => {
    const local = localLosses(recipe);
    return local.length && outputs?.distributions === false
      ? error(
          'losses',
          `${local.join(' and ')} for '${name}', which gives no distributions of edges`,
          'Use a recipe without them (rtdetr(), deimRtdetr()), or a detector of the D-FINE family',
        )
      : null;
  },
  (recipe, { outputs }) =>
    outputs && outputs.layers < 2 && localLosses(recipe).includes('ddf')
      ? error('losses', 'ddf on a decoder of one layer', 'Leave ddf out: it teaches earlier layers by the last one')
      : null,
  ({ assigner, suppression }) =>
    assigner.cardinality === 'one-to-many' && suppression.kind === 'top-k'
      ? error(
          'suppression',
          `top-k with the one-to-many assigner '${assigner.name}'`,
          "Use { kind: 'nms', iou: 0.7, preCount: 10000, count: 300 }: objects have several predictions",
        )
      : null,
  ({ assigner, suppression }) =>
    assigner.cardinality === 'one-to-one' && suppression.kind !== 'top-k'
      ? warning(
          'suppression',
          `${suppression.kind} with the one-to-one assigner '${assigner.name}'`,
          "Use { kind: 'top-k', count: 300 }: one-to-one training needs no suppression",
        )
      : null,
  ({ assigner, matching }) =>
    matching === 'union' && (assigner.slots ?? 1) > 1
      ? warning(
          'matching',
          `'union' with ${assigner.slots} targets a candidate`,
          "Use matching: 'each': a union keeps one target a candidate",
        )
      : null,
  ({ assigner, normalizer }) =>
    assigner.cardinality === 'one-to-one' && normalizer === 'sampled'
      ? warning(
          'normalizer',
          `'sampled' with the one-to-one assigner '${assigner.name}'`,
          "Use 'targets': most candidates are background",
        )
      : null,
  ({ knownQueries }, { numQueries }) =>
    knownQueries && knownQueries.count > KNOWN_QUERIES_FACTOR * numQueries
      ? warning(
          'knownQueries',
          `${knownQueries.count} known queries beside ${numQueries} of the model`,
          `Lower count and maxTargets of '${knownQueries.name}': attention costs the square of their sum`,
        )
      : null,
  ({ assigner }, { numQueries }, { maxTargets = 0 }) =>
    assigner.cardinality === 'one-to-one' && maxTargets > numQueries
      ? error(
          'assigner',
          `up to ${maxTargets} objects an image for ${numQueries} queries`,
          `Raise numQueries to ${maxTargets} or mix fewer images: objects beyond the queries are silently left out`,
        )
      : null,
  ({ proposals }, { outputs }) =>
    proposals && outputs && !outputs.encoder
      ? error(
          'proposals',
          'rules for proposals, and a detector that gives none',
          'Use a two-stage detector, or proposals: null',
        )
      : null,
  ({ auxiliaries }) =>
    auxiliaries.length
      ? error(
          'auxiliaries',
          `${auxiliaries.map(({ name }) => name).join(', ')}`,
          'Leave them out: the trainer does not run auxiliary heads yet',
        )
      : null,
  (_, { name, outputs }) =>
    outputs
      ? null
      : error(
          'detector',
          `'${name}' does not say what it outputs`,
          'Add outputs: { layers, pre, encoder } to the detector',
        ),
];

/** What is wrong with a recipe for a detector, worst first; empty where all is well. Each problem says what to do. */
export const checkRecipe = (recipe: Recipe, detector: Detector, use: RecipeUse = {}): RecipeProblem[] =>
  checks
    .flatMap((check) => check(recipe, detector, use) ?? [])
    .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
