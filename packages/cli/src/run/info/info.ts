import type { Detector } from '@detrain/core/tensors';
import { createDetector, type DetectorConfig } from '@detrain/models';
import { numberOption } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import { trainingKeepsHeap } from '../../kept-heap.ts';
import { createOutput } from '../../terminal/output.ts';
import { recipeOf } from '../recipe.ts';
import { type TrainingMemory, trainingMemory } from './memory.ts';
import { parameterCounts, sumByModule } from './modules.ts';
import { operationsOf } from './operations.ts';
import { describeInfo } from './show.ts';
import { type FileFacts, subjectOf } from './subject.ts';

/** Options of `detrain info`, as the command line has them. */
export interface InfoOptions {
  readonly of: string;
  readonly model?: string | undefined;
  readonly size?: string | undefined;
  readonly batch?: string | undefined;
  readonly depth?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A part of a model, or the whole. */
export interface ModulePart {
  readonly name: string;
  /** Parameters of the model in training, and of the deployed one. */
  readonly parameters: number;
  readonly deployed: number;
  /** Of the deployed model on one image. */
  readonly gflops: number;
}

/** What `detrain info` tells. */
export interface ModelInfo {
  readonly model: string;
  readonly file: FileFacts | null;
  readonly classes: readonly (string | null)[] | null;
  readonly numClasses: number;
  readonly numQueries: number;
  readonly inputSize: readonly [width: number, height: number];
  readonly total: Omit<ModulePart, 'name'>;
  readonly modules: readonly ModulePart[];
  readonly memory: TrainingMemory;
}

/** The detector for inference; one that is not of the zoo's parts as it is. */
const deployed = (detector: Detector): Detector => {
  const { config } = detector as Detector & { readonly config?: DetectorConfig };
  return config ? createDetector({ ...config, deployed: true }) : detector;
};

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** The parts of a detector, `depth` levels deep, on images of a size in pixels. */
export const partsOf = (
  detector: Detector,
  size: readonly [width: number, height: number],
  depth: number,
): Pick<ModelInfo, 'total' | 'modules'> => {
  const light = deployed(detector);
  const training = sumByModule(parameterCounts(detector.parameters), depth);
  const left = sumByModule(parameterCounts(light.parameters), depth);
  const operations = sumByModule(operationsOf(light, size), depth);
  const modules = [...new Set([...training.keys(), ...operations.keys()])].map((name) => ({
    name,
    parameters: training.get(name) ?? 0,
    deployed: left.get(name) ?? 0,
    gflops: (operations.get(name) ?? 0) / 1e9,
  }));
  const total = {
    parameters: sum(training.values()),
    deployed: sum(left.values()),
    gflops: sum(operations.values()) / 1e9,
  };
  return { total, modules };
};

/** Tells what a model is, what it takes to run and what to train. Gives the exit code. */
export const info = async (parsed: InfoOptions): Promise<number> => {
  const output = createOutput({ json: parsed.json });
  const depth = numberOption(parsed.depth, 'depth', { integer: true, min: 1 }) ?? 1;
  const { detector, config, classes, file } = await subjectOf(parsed.of, {
    model: parsed.model,
    size: numberOption(parsed.size, 'size', { integer: true, min: 32 }),
    batch: numberOption(parsed.batch, 'batch', { integer: true, min: 1 }),
  });
  const { numClasses, numQueries } = detector;
  const { inputSize, batchSize, epochs } = config;
  const context = { numClasses, classes: classes?.map((name) => name ?? '') ?? [], inputSize, epochs, batchSize };
  const recipe = recipeOf(config, detector, { ...context, stepsPerEpoch: 1, smoke: false });
  const told: ModelInfo = {
    model: detector.name,
    file,
    classes,
    numClasses,
    numQueries,
    inputSize,
    ...partsOf(detector, inputSize, depth),
    memory: trainingMemory(detector, recipe, {
      batch: batchSize,
      size: inputSize,
      ema: config.ema !== false,
      keptHeap: trainingKeepsHeap(),
    }),
  };
  output.data(told);
  if (!output.json) output.say(describeInfo(told));
  return EXIT.ok;
};
