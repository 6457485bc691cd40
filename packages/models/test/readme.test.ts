import { readFileSync } from 'node:fs';
import type { ParameterSpec } from '@detrain/core/tensors';
import { describe, expect, it } from 'vitest';
import { createDetector, type ZooName, zoo } from '../src/index.ts';

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = [...text.matchAll(/^\| `([\w-]+)` +\|[^|]+\| (\d+) at (\d+) +\| +([\d,]+) \| +([\d,]+) \|$/gm)].map(
  ([, name, queries, side, parameters, deployed]) => ({ name, queries, side, parameters, deployed }),
);

/** Parameters in PyTorch's sense: neither statistics nor buffers, to which frozen norms belong. */
const countOf = (specs: readonly ParameterSpec[]) => {
  const frozenNorms = new Set(
    specs.flatMap(({ name, kind }) => (kind === 'frozen' && /\.running_mean$/.test(name) ? [name.slice(0, -13)] : [])),
  );
  const buffer = ({ name, kind, sharedWith }: ParameterSpec) =>
    sharedWith !== undefined ||
    ['statistic', 'counter', 'derived'].includes(kind) ||
    /\.(running_mean|running_var|num_points_scale|periods|bias_mask)$/.test(name) ||
    frozenNorms.has(name.slice(0, name.lastIndexOf('.')));
  return specs
    .filter((spec) => !buffer(spec))
    .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0)
    .toLocaleString('en');
};

describe("the README's table", () => {
  it('has every model', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(zoo).sort());
  });

  it.each(rows)('is right about $name', ({ name, ...row }) => {
    const { config, parameters } = zoo[name as ZooName]();
    expect(row).toEqual({
      queries: String(config.numQueries),
      side: String(config.inputSize[0]),
      parameters: countOf(parameters),
      deployed: countOf(createDetector({ ...config, deployed: true }).parameters),
    });
  });
});
