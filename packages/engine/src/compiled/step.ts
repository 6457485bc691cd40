import { performance } from 'node:perf_hooks';
import type { HostTensor, HostTensors, TensorSpec } from '@detrain/core';
import { trace } from '@detrain/onnx';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTargets, zeros } from '../host.ts';
import { gradientsOf } from '../program.ts';
import { tf } from '../tf.ts';
import type { Assign, NodeTime, StepResult, Tensors, TrainingProgram } from '../types.ts';
import { bareOutputs } from './bare-outputs.ts';
import { discard } from './discard.ts';
import { fuseTransposes } from './fuse-transposes.ts';
import { renamed, withPrefix } from './names.ts';
import { readProfile } from './profile.ts';
import { type OpenSession, openSession, type Shared } from './session.ts';
import { type Split, split } from './split.ts';
import { steady } from './steady.ts';
import { bytesOf, feed, pick, type Values } from './values.ts';

/** A training step for one set of input shapes. */
export interface CompiledStep {
  run(inputs: HostTensors, assign: Assign): Promise<StepResult>;
  profile(): Promise<NodeTime[]>;
  release(): Promise<void>;
}

/** Records forward pass, objective and gradients as one graph. */
export const recordStep = (
  program: TrainingProgram,
  inputs: Record<string, TensorSpec>,
  targets: Record<string, TensorSpec>,
) => {
  const kept: Tensor[] = [];
  const step = (given: Tensors): Tensors => {
    const tensors = withPrefix('input:', given);
    let outputs: Tensors = {};
    const { value, gradients } = gradientsOf(
      () => {
        const forward = program.forward(tensors);
        const { total, terms } = forward.loss(withPrefix('target:', given));
        outputs = {
          ...renamed('readback:', forward.readback),
          ...renamed('update:', forward.updates),
          ...renamed('term:', terms as Tensors),
        };
        // They are made inside the tape and read after it.
        for (const output of Object.values(outputs)) kept.push(tf.keep(output));
        return total;
      },
      program.trainable.map((name) => tensors[name]!),
    );
    outputs['total'] = value;
    for (const [i, name] of program.trainable.entries()) if (gradients[i]) outputs[`gradient:${name}`] = gradients[i];
    return outputs;
  };
  try {
    return trace(step, { ...renamed('input:', inputs), ...renamed('target:', targets) });
  } finally {
    tf.dispose(kept);
  }
};

const isFirst = (name: string) => name.startsWith('readback:') || name.startsWith('update:');

const copy = ({ shape, dtype, data }: HostTensor): HostTensor => ({ shape, dtype, data: data.slice() });

/** The two graphs that a step of a program runs for inputs and targets of these shapes. */
export const stepGraphs = (
  program: TrainingProgram,
  inputs: Record<string, TensorSpec>,
  targets: Record<string, TensorSpec>,
): Split => {
  // The host gives them the shape of the input that they belong to.
  const mayLoseShape = (output: string) =>
    /^(gradient|update):/.test(output) && Object.hasOwn(inputs, output.slice(output.indexOf(':') + 1));
  return split(bareOutputs(fuseTransposes(steady(recordStep(program, inputs, targets))), mayLoseShape), isFirst);
};

const shapedAs = (values: Record<string, HostTensor>, inputs: HostTensors): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { ...value, shape: (inputs[name] ?? value).shape }]),
  );

/** Readies both sessions. Nothing that it gives holds on to the graphs: their tens of thousands of objects would slow every garbage collection. */
const openBoth = async ({ first, second, carried }: Split, shared: Shared) => {
  const sessions = [await openSession(first, shared)];
  try {
    sessions.push(await openSession(second, shared));
  } catch (error) {
    await sessions[0]!.release();
    throw error;
  }
  return { sessions, carried, inputs: { first: first.inputs, second: second.inputs } };
};

/** Traces a program for inputs of these shapes and readies its two sessions. */
export const compileStep = async (
  program: TrainingProgram,
  specs: Record<string, TensorSpec>,
  shared: Shared,
): Promise<CompiledStep> => {
  const { runtime, live } = shared;
  const targetSpecs = program.targets(specs);
  const { sessions, inputs: names, carried } = await openBoth(stepGraphs(program, specs, targetSpecs), shared);
  const bytes = carried.reduce((sum, value) => sum + bytesOf(value), 0);
  live.bytes += bytes;
  const [forward, backward] = sessions as [OpenSession, OpenSession];

  return {
    run: async (inputs, assign) => {
      const start = performance.now();
      const seen = await forward.run(feed(runtime, names.first, 'input:', inputs));
      // Not copied but handed on: the second session reads the very arrays that the first one gave.
      const between = Object.fromEntries(carried.map(({ name }) => [name, seen[name]!]));
      const own = (values: Values, prefix: string) => {
        const picked = pick(values, prefix);
        // What is handed on the caller gets as a copy, to do with as it likes.
        for (const name of Object.keys(picked)) if (between[prefix + name]) picked[name] = copy(picked[name]!);
        return picked;
      };
      const readback = own(seen, 'readback:');
      const updates = shapedAs(own(seen, 'update:'), inputs);
      const read = performance.now();
      const targets = assign(readback);
      checkTargets(program.name, targets, targetSpecs);
      const assigned = performance.now();
      const given = {
        ...between,
        ...feed(runtime, names.second, 'input:', inputs),
        ...feed(runtime, names.second, 'target:', targets),
      };
      const results = { ...seen, ...(await backward.run(given)) };
      const reached = shapedAs(own(results, 'gradient:'), inputs);
      const gradients = Object.fromEntries(
        program.trainable.map((name) => [name, reached[name] ?? zeros(inputs[name]!.shape)]),
      );
      const terms = Object.fromEntries(
        Object.entries(pick(results, 'term:')).map(([name, { data }]) => [name, data[0] as number]),
      );
      const total = results['total']!.data[0] as number;
      discard(Object.values(between));
      const seconds = {
        forward: (read - start) / 1e3,
        assign: (assigned - read) / 1e3,
        backward: (performance.now() - assigned) / 1e3,
      };
      return { total, terms, gradients, updates, seconds };
    },
    profile: async () => [
      ...readProfile(await forward.endProfile(), 'forward'),
      ...readProfile(await backward.endProfile(), 'backward'),
    ],
    release: async () => {
      live.bytes -= bytes;
      await forward.release();
      await backward.release();
    },
  };
};
