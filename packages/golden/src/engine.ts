import type { HostTensors } from '@detrain/core';
import type { Engine, InferenceProgram } from '@detrain/engine';

let engine: Promise<Engine> | undefined;

/** Loaded when first needed: cases of host code do without tensors. */
const start = async (): Promise<Engine> => {
  const tf = await import('@tensorflow/tfjs-core');
  // tfjs greets on the console when its cpu backend is first used, unless told that nobody wants advice
  tf.env().set('PROD', true);
  const { createEngine } = await import('@detrain/engine');
  return createEngine();
};

/** The engine that all cases share: `DETRAIN_ENGINE`, or the best one there is. */
export const sharedEngine = (): Promise<Engine> => {
  engine ??= start();
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
