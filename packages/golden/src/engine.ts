import type { HostTensors } from '@detrain/core';
import { createEngine, type Engine, type InferenceProgram } from '@detrain/engine';
import * as tf from '@tensorflow/tfjs-core';

// tfjs greets on the console when its cpu backend is first used, unless told that this is no place for advice
tf.env().set('PROD', true);

let engine: Promise<Engine> | undefined;

/** The engine that all cases share: `DETRAIN_ENGINE`, or the best one there is. */
export const sharedEngine = (): Promise<Engine> => {
  engine ??= createEngine();
  return engine;
};

/** Ends the shared engine, if there is one. */
export const disposeEngine = async (): Promise<void> => {
  await (await engine)?.dispose();
  engine = undefined;
};

/** Runs a program once. */
export const runOnce = async (program: InferenceProgram, inputs: HostTensors): Promise<HostTensors> => {
  const inference = (await sharedEngine()).inference(program);
  try {
    return await inference.run(inputs);
  } finally {
    await inference.dispose();
  }
};
