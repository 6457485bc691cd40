import type { ParameterGroup } from './groups.ts';

/**
 * Groups whose rates fall with the distance from the output: each group is split by depth, and its rate multiplied by
 * `decay ** depth`, deepest first. What a pretrained model's early layers know is changed least (BEiT, appendix; ELECTRA).
 *
 * @param decay above 0 and at most 1; 1 leaves the groups as they are
 * @param depth of a parameter by name, from 0; `layerDepth` of `@detrain/models` for its zoo
 * @throws when the decay is out of range
 */
export const layerDecay = (
  groups: readonly ParameterGroup[],
  decay: number,
  depth: (name: string) => number,
): readonly ParameterGroup[] => {
  if (!(decay > 0 && decay <= 1))
    throw new Error(
      `@detrain/optim: a layer decay of ${decay}. Wanted a factor above 0 and at most 1. Try 0.8; 1 for none.`,
    );
  if (decay === 1) return groups;
  return groups.flatMap((group) => {
    const depths = [...new Set(group.names.map(depth))].sort((a, b) => b - a);
    return depths.map((d) => ({
      ...group,
      names: group.names.filter((name) => depth(name) === d),
      learningRate: group.learningRate * decay ** d,
    }));
  });
};
