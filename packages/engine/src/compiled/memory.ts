import type { TensorSpec } from '@detrain/core';
import type { Graph } from '@detrain/onnx';
import { registerGradients } from '../gradients.ts';
import type { TrainingProgram } from '../types.ts';
import { stepGraphs } from './step.ts';
import { bytesOf } from './values.ts';

/** Operations whose result is their input under another shape. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

/**
 * Most bytes of values that are alive at once while a graph runs, in its order, each from its node to its last reader.
 * What is fed is not counted; outputs stay to the end.
 */
export const peakBytes = (graph: Graph): number => {
  const owners = new Map<string, string>();
  const ownerOf = (name: string) => owners.get(name) ?? name;
  for (const { op, inputs, outputs } of graph.nodes)
    if (VIEWS.has(op)) owners.set(outputs[0] as string, ownerOf(inputs[0] as string));
  const last = new Map<string, number>();
  for (const [i, { inputs }] of graph.nodes.entries()) for (const name of inputs) last.set(ownerOf(name), i);
  for (const { name } of graph.outputs) last.set(ownerOf(name), graph.nodes.length);

  const alive = new Map<string, number>();
  const ends = new Map<number, string[]>();
  for (const [name, i] of last) ends.set(i, [...(ends.get(i) ?? []), name]);
  let bytes = 0;
  let most = 0;
  for (const [i, { op, outputs }] of graph.nodes.entries()) {
    for (const name of VIEWS.has(op) ? [] : outputs) {
      const info = graph.values.get(name);
      if (!info || !last.has(name)) continue;
      alive.set(name, bytesOf(info));
      bytes += bytesOf(info);
    }
    most = Math.max(most, bytes);
    for (const name of ends.get(i) ?? []) bytes -= alive.get(name) ?? 0;
  }
  return most;
};

/** What a compiled training step takes beside its inputs, in bytes. */
export interface StepMemory {
  /** Values alive at once in the first session, up to what the host reads, and in the second. */
  readonly forward: number;
  readonly backward: number;
  /** Values that the first session hands to the second. */
  readonly carried: number;
}

/** Traces a training step for inputs of these shapes and adds up what it keeps; nothing is run. */
export const stepMemory = (program: TrainingProgram, inputs: Readonly<Record<string, TensorSpec>>): StepMemory => {
  registerGradients();
  const { first, second, carried } = stepGraphs(program, inputs, program.targets(inputs));
  return {
    forward: peakBytes(first),
    backward: peakBytes(second),
    carried: carried.reduce((sum, value) => sum + bytesOf(value), 0),
  };
};
