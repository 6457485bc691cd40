import { fail } from '@detrain/core';
import type { Detector, ParameterSpec } from '@detrain/core/tensors';

/**
 * Which tensors do not learn: a pattern tried on names, `'norms'` (every batch norm), or a name or the beginning of one up to a dot
 * (`'backbone'`, `'encoder'`, `'backbone.stem'`).
 */
export type FreezeRule = RegExp | string;

const RUNNING_MEAN = '.running_mean';

/** Names of the modules that have running statistics: the batch norms. */
const batchNorms = (specs: readonly ParameterSpec[]): ReadonlySet<string> =>
  new Set(specs.flatMap(({ name }) => (name.endsWith(RUNNING_MEAN) ? [name.slice(0, -RUNNING_MEAN.length)] : [])));

const matcher = (rule: FreezeRule, specs: readonly ParameterSpec[]): ((name: string) => boolean) => {
  if (typeof rule !== 'string') {
    const pattern = new RegExp(rule.source, rule.flags.replace(/[gy]/g, ''));
    return (name) => pattern.test(name);
  }
  if (rule !== 'norms') return (name) => name === rule || name.startsWith(`${rule}.`);
  const norms = batchNorms(specs);
  return (name) => norms.has(name.slice(0, name.lastIndexOf('.')));
};

/** The tensor whose data a spec stands for. */
const owner = ({ name, sharedWith }: ParameterSpec) => sharedWith ?? name;

/**
 * The same detector with some tensors frozen: they get no gradient, decay or optimiser state, and frozen statistics of batch norms are
 * used as they are. A tensor with several names is frozen under all of them when any is meant.
 *
 * @throws where a rule fits no tensor, or nothing is left to learn
 */
export const freezeParameters = <T extends Detector>(detector: T, rules: readonly FreezeRule[]): T => {
  if (rules.length === 0) return detector;
  const { parameters } = detector;
  const frozen = new Set<string>();
  for (const rule of rules) {
    const meant = parameters.filter(({ name }) => matcher(rule, parameters)(name));
    if (meant.length === 0)
      fail(
        'trainer',
        `the freeze rule ${rule} fits no tensor of '${detector.name}'`,
        `Names begin with ${[...new Set(parameters.map(({ name }) => name.split('.')[0]))].join(', ')}`,
        "Name a part such as 'backbone.stem', 'norms', or a pattern such as /^encoder\\./",
      );
    for (const spec of meant) frozen.add(owner(spec));
  }
  const changed = parameters.map((spec) =>
    frozen.has(owner(spec)) && (spec.kind === 'trainable' || spec.kind === 'statistic')
      ? { ...spec, kind: 'frozen' as const }
      : spec,
  );
  if (!changed.some(({ kind }) => kind === 'trainable'))
    fail('trainer', `all of '${detector.name}' is frozen`, 'Some of it must learn', 'Take rules out of freeze');
  return { ...detector, parameters: changed };
};
