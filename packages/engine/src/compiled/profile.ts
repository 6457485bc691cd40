import type { NodeTime } from '../types.ts';

interface Event {
  readonly cat?: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Record<string, readonly number[]>[];
  };
}

const suffix = '_kernel_time';

/** The nodes of an onnxruntime profile, costliest first. Of several calls the first is left out: it claims memory. */
export const readProfile = (text: string, part: NodeTime['part']): NodeTime[] => {
  const nodes = new Map<string, { -readonly [key in keyof NodeTime]: NodeTime[key] }>();
  const claimed = new Set<string>();
  for (const { cat, name, dur, args } of JSON.parse(text) as Event[]) {
    if (cat !== 'Node' || !name.endsWith(suffix)) continue;
    const shapes = (args?.input_type_shape ?? []).map((input) => Object.values(input)[0]?.join('x') ?? '').join(',');
    const key = name.slice(0, -suffix.length);
    const node = nodes.get(key) ?? { name: key, op: args?.op_name ?? '', shapes, calls: 0, total: 0, part };
    nodes.set(key, node);
    if (node.calls === 1 && !claimed.has(key)) {
      claimed.add(key);
      node.total = 0;
    } else node.calls++;
    node.total += dur / 1e3;
  }
  return [...nodes.values()].sort((a, b) => b.total - a.total);
};
