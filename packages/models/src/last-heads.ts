import type { HostTensor } from '@detrain/core';

const LAYER_HEAD = /^(.*\.(?:dec_score_head|lqe_layers))\.(\d+)\.(.+)$/;

/**
 * Fills heads of earlier decoder layers, which deployed models leave out, with the last layer's, in place.
 *
 * @param missing names of tensors that have no value of their own yet
 * @returns the names filled
 */
export const copyLastHeads = (
  parameters: ReadonlyMap<string, HostTensor>,
  missing: readonly string[],
): readonly string[] =>
  missing.filter((name) => {
    const [, heads, , part] = LAYER_HEAD.exec(name) ?? [];
    if (heads === undefined) return false;
    const layers = [...parameters.keys()].flatMap((other) => {
      const [, list, layer, end] = LAYER_HEAD.exec(other) ?? [];
      return list === heads && end === part ? [Number(layer)] : [];
    });
    const from = `${heads}.${Math.max(...layers)}.${part}`;
    const last = parameters.get(from);
    if (!last || missing.includes(from)) return false;
    parameters.get(name)?.data.set(last.data);
    return true;
  });
