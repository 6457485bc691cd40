import type { NodeTime } from '@detrain/engine';
import { table } from './peer.ts';

const LISTED = 10;
/** Longest column of shapes. */
const SHAPES = 50;

/** The costliest kinds of operations and single operations of a profile over so many steps, in milliseconds a step, as Markdown. */
export const costliest = (nodes: readonly NodeTime[], steps: number): string => {
  const whole = nodes.reduce((sum, { total }) => sum + total, 0);
  const cost = (total: number) => [(total / steps).toFixed(1), `${((100 * total) / whole).toFixed(1)} %`];
  const kinds = new Map<string, { readonly calls: number; readonly total: number }>();
  for (const { op, part, calls, total } of nodes) {
    const kind = `${op}, ${part}`;
    const before = kinds.get(kind) ?? { calls: 0, total: 0 };
    kinds.set(kind, { calls: before.calls + calls, total: before.total + total });
  }
  const byKind = [...kinds].sort(([, a], [, b]) => b.total - a.total).slice(0, LISTED);
  return [
    `${(whole / steps).toFixed(0)} ms a step in all operations`,
    table(
      ['kind', 'calls a step', 'ms a step', 'share'],
      byKind.map(([kind, { calls, total }]) => [kind, (calls / steps).toFixed(0), ...cost(total)]),
    ),
    table(
      ['operation', 'shapes', 'calls a step', 'ms a step', 'share'],
      nodes
        .slice(0, LISTED)
        .map(({ op, part, shapes, calls, total }) => [
          `${op}, ${part}`,
          shapes.slice(0, SHAPES),
          (calls / steps).toFixed(0),
          ...cost(total),
        ]),
    ),
  ].join('\n\n');
};
