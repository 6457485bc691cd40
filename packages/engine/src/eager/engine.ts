import { specsOf, toHosts, toTensors } from '../host.ts';
import { tf } from '../tf.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { type EagerName, eagerBackends, onBackend } from './backends.ts';
import { eagerTraining } from './training.ts';

/** The engine that runs every operation at once on a tfjs backend, which must have been loaded. */
export const createEagerEngine = (
  name: EagerName,
  { profile }: Pick<EngineOptions, 'profile'> = {},
  note = '',
): Engine => {
  const backend = eagerBackends[name];
  return {
    name,
    describe: () => `${name}: eager on the tfjs backend '${backend}' (tfjs ${tf.version_core})${note}`,
    inference: (program, fixed = {}) => ({
      run: async (inputs) =>
        onBackend(backend, () => {
          const all = { ...fixed, ...inputs };
          specsOf(all);
          return toHosts(program.run(toTensors(all)));
        }),
      dispose: async () => {},
    }),
    training: (program) => eagerTraining(program, backend, profile),
    memory: () => {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes, sessions: 0 };
    },
    dispose: async () => {},
  };
};
