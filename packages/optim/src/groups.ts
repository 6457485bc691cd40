/** Which parameters get other settings than the base ones. The first rule whose pattern fits a name wins. */
export interface GroupRule {
  readonly match: RegExp;
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** What parameters get that no rule fits. */
export interface GroupBase {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Parameters that share a learning rate and a weight decay. */
export interface ParameterGroup {
  readonly names: readonly string[];
  readonly learningRate: number;
  readonly weightDecay: number;
}

/**
 * Sorts parameters into one group a rule, in the rules' order, and one for the rest, last (left out when empty).
 *
 * The official solver (D-FINE `get_optim_params`) does the same, but fails when two rules fit one name; here the
 * first-listed wins. A rule that fits nothing gives an empty group, as there, so that group indices stay the rules'.
 */
export const parameterGroups = (
  names: Iterable<string>,
  rules: readonly GroupRule[],
  base: GroupBase,
): readonly ParameterGroup[] => {
  const sorted: string[][] = [...rules, base].map(() => []);
  for (const name of names) {
    const rule = rules.findIndex(({ match }) => new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(name));
    sorted[rule < 0 ? rules.length : rule]?.push(name);
  }
  const groups = [...rules, {} as Partial<GroupBase>].map((rule, i) => ({
    names: sorted[i] as string[],
    learningRate: rule.learningRate ?? base.learningRate,
    weightDecay: rule.weightDecay ?? base.weightDecay,
  }));
  return groups.at(-1)?.names.length === 0 ? groups.slice(0, -1) : groups;
};
