import type { HostTensor, HostTensors, PixelSize } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { createLoader, type DetectionDataset } from '@detrain/data';
import type { Engine, InferenceProgram } from '@detrain/engine';
import { makePass } from '@detrain/nn';
import { weightInputs } from '@detrain/trainer';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { RecordedOutput, Recording } from './recording.ts';

/** All outputs that assigners see in training, computed as in evaluation: batch norms use their running statistics, nothing is drawn. */
const outputsProgram = (detector: Detector): InferenceProgram => ({
  name: `${detector.name}/outputs`,
  run: (inputs) => {
    const pass = makePass({ training: true, batchStatistics: false, tensors: inputs, specs: detector.parameters });
    const [main] = detector.decode(detector.encode(inputs['images'] as Tensor4D, pass), pass);
    const { layers = [], pre, encoder } = main ?? {};
    const outputs = {
      ...Object.fromEntries(layers.map((layer, i) => [`layer.${i}`, layer])),
      ...(pre && { pre }),
      ...(encoder && { encoder }),
    };
    return Object.fromEntries(
      Object.entries(outputs).flatMap(([name, { boxes, logits }]) => [
        [`${name}.boxes`, boxes],
        [`${name}.logits`, logits],
      ]),
    );
  },
});

/** One tensor of what was found image by image. */
const stacked = (found: readonly HostTensors[], name: string): HostTensor => {
  const { shape = [] } = found[0]?.[name] ?? {};
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(found.length * size);
  found.forEach((outputs, i) => {
    data.set(outputs[name]?.data as Float32Array, i * size);
  });
  return { shape: [found.length, ...shape.slice(1)], dtype: 'float32', data };
};

export interface PredictOptions {
  readonly engine: Engine;
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly dataset: DetectionDataset;
  readonly inputSize: PixelSize;
}

/** Runs a model on the images of a data set. */
export const predictAll = async (options: PredictOptions): Promise<Recording> => {
  const { engine, detector, parameters, dataset, inputSize } = options;
  const inference = engine.inference(outputsProgram(detector), weightInputs(detector, parameters));
  const loader = createLoader({ dataset, batchSize: 1, size: inputSize, training: false, cacheBytes: 0 });
  const found: HostTensors[] = [];
  const ids: string[] = [];
  try {
    for await (const { images, ids: batch } of loader.epoch(0)) {
      found.push(await inference.run({ images }));
      ids.push(...batch);
    }
  } finally {
    await inference.dispose();
  }
  const names = Object.keys(found[0] ?? {}).filter((name) => name.endsWith('.boxes'));
  const outputs = names.map((key): [string, RecordedOutput] => {
    const name = key.slice(0, -'.boxes'.length);
    return [name, { boxes: stacked(found, key), logits: stacked(found, `${name}.logits`) }];
  });
  return { model: detector.name, ids, classes: dataset.classes, inputSize, outputs: new Map(outputs) };
};
