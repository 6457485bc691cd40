import { createNodeTimes } from '../node-times.ts';
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
  const times = createNodeTimes();
  for (const { cat, name, dur, args } of JSON.parse(text) as Event[]) {
    if (cat !== 'Node' || !name.endsWith(suffix)) continue;
    const node = name.slice(0, -suffix.length);
    times.add(node, dur / 1e3, () => {
      const shapes = (args?.input_type_shape ?? []).map((input) => Object.values(input)[0]?.join('x') ?? '').join(',');
      return { name: node, op: args?.op_name ?? '', shapes, part };
    });
  }
  return times.list(1);
};
