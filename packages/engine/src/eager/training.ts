import type { HostTensor, HostTensors } from '@detrain/core';
import { checkTargets, specsOf, toHost, toHosts, toTensors, zeros } from '../host.ts';
import { checkTrainable, gradientsOf } from '../program.ts';
import type { Assign, NodeTime, StepResult, Training, TrainingProgram } from '../types.ts';
import { onBackend } from './backends.ts';
import { createKernelTimes } from './kernel-times.ts';

/** One step on the current backend: the host's part runs inside the tape, between forward and loss. */
const eagerStep = (
  program: TrainingProgram,
  inputs: HostTensors,
  assign: Assign,
  setPart: (part: NodeTime['part']) => void,
): StepResult => {
  const specs = program.targets(specsOf(inputs));
  checkTrainable(program, inputs);
  const start = performance.now();
  let read = start;
  let assigned = start;
  let terms: Record<string, number> = {};
  let updates: HostTensors = {};
  const tensors = toTensors(inputs);
  const { value, gradients } = gradientsOf(
    () => {
      const forward = program.forward(tensors);
      const readback = toHosts(forward.readback);
      updates = toHosts(forward.updates);
      read = performance.now();
      const targets = assign(readback);
      checkTargets(program.name, targets, specs);
      assigned = performance.now();
      setPart('backward');
      const loss = forward.loss(toTensors(targets));
      terms = Object.fromEntries(
        Object.entries(loss.terms).map(([name, term]) => [name, term.dataSync()[0] as number]),
      );
      return loss.total;
    },
    program.trainable.map((name) => tensors[name]!),
  );
  const byName: Record<string, HostTensor> = {};
  for (const [i, name] of program.trainable.entries()) {
    const gradient = gradients[i];
    byName[name] = gradient ? toHost(gradient) : zeros(inputs[name]!.shape);
  }
  const total = value.dataSync()[0] as number;
  const seconds = {
    forward: (read - start) / 1e3,
    assign: (assigned - read) / 1e3,
    backward: (performance.now() - assigned) / 1e3,
  };
  return { total, terms, gradients: byName, updates, seconds };
};

/** Readies a training program on a tfjs backend. */
export const eagerTraining = (program: TrainingProgram, backend: string, profile = false): Training => {
  const times = profile ? createKernelTimes(backend) : undefined;
  return {
    step: async (inputs, assign) =>
      onBackend(backend, () =>
        times
          ? times.during((setPart) => eagerStep(program, inputs, assign, setPart))
          : eagerStep(program, inputs, assign, () => {}),
      ),
    profile: async () => times?.end() ?? [],
    dispose: async () => {},
  };
};
