import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadWeights, readOnnxWeights } from '@detrain/checkpoint';
import { createRng, type HostTensor } from '@detrain/core';
import { createLoader, type DetectionDataset, openDataset } from '@detrain/data';
import { createEngine, type Engine } from '@detrain/engine';
import { evaluateCoco } from '@detrain/metrics';
import { anchorsOf, createDetector, trainableWeights, zoo } from '@detrain/models';
import { initialise, makePass } from '@detrain/nn';
import { decodeModel, type Graph } from '@detrain/onnx/file';
import { calibrate, stepInputs } from '@detrain/trainer';
import { sigmoid, type Tensor4D } from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { detectorRunner } from '../src/run/detect.ts';
import { evaluate } from '../src/run/evaluate.ts';

const reference = process.env['DETRAIN_REFERENCE'] ?? '';
const weights = (name: string) => path.join(reference, `datasets/weights-deimv2/${name}`);

const official = {
  atto: { file: 'deimv2_hgnetv2_atto_coco.onnx', detections: 'reference/atto_ort_coco-tiny-80x2_val80_dets.json' },
  femto: { file: 'deimv2_hgnetv2_femto_coco.onnx', detections: 'reference/femto_ort_coco-tiny-80x2_val80_dets.json' },
} as const;
type Size = keyof typeof official;

/** Our detector of a size with the official weights. */
const ours = (size: Size) => {
  const file = weights(official[size].file);
  const { tensors, inputSize } = readOnnxWeights(file);
  const detector = createDetector({ ...zoo[`deimv2-${size}`]().config, deployed: true });
  const { parameters } = loadWeights(detector.parameters, Object.fromEntries(tensors));
  return { file, detector, parameters, tensors, inputSize: inputSize as [number, number] };
};

/** A length-delimited field of a protobuf message. */
const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Uint8Array.of((number << 3) | 2, bytes.length, ...bytes);

/** The exporter's anchors, whose logits are off by up to 3e-4, in place: the same numbers as every model computes them. */
const withExactAnchors = (bytes: Buffer, { constants }: Graph, [height, width]: readonly [number, number]): Buffer => {
  const levels = [16, 32].map((stride) => ({ height: height / stride, width: width / stride }));
  const { logits, count } = anchorsOf(levels);
  const [stored] = [...constants.values()].filter(({ shape }) => shape.join() === `1,${count},4`);
  const data = stored!.data as Float32Array;
  expect(Math.max(...data.map((value, i) => Math.abs(value - (logits[i] as number))))).toBeLessThan(3e-4);
  const raw = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const at = bytes.indexOf(raw(data));
  return Buffer.concat([bytes.subarray(0, at), raw(logits), bytes.subarray(at + logits.byteLength)]);
};

/** The official graph with what enters its post-processing as further outputs: messages that follow each other are merged. */
const withPredictions = (bytes: Uint8Array, { nodes }: Graph) => {
  const inputOf = (name: string) => nodes.find((node) => node.name === `/postprocessor/${name}`)?.inputs[0] as string;
  const [logits, boxes] = [inputOf('Sigmoid'), inputOf('Split')];
  const outputs = [logits, boxes].map((name) => field(12, field(1, new TextEncoder().encode(name))));
  const model = Buffer.concat([bytes, ...outputs.map((output) => field(7, output))]);
  return { model, logits, boxes };
};

/** NHWC to NCHW. */
const channelsFirst = ({ shape, data }: HostTensor): ort.Tensor => {
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  const moved = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const [image, place] = [Math.floor(pixel / (height * width)), pixel % (height * width)];
    moved[(image * channels + channel) * height * width + place] = data[i] as number;
  }
  return new ort.Tensor('float32', moved, [batch, channels, height, width]);
};

interface Detection {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly number[];
  readonly score: number;
}

const referenceAp = (dataset: DetectionDataset, size: Size): number => {
  const list = JSON.parse(readFileSync(weights(official[size].detections), 'utf8')) as Detection[];
  const detections = {
    images: Float64Array.from(list, (found) => found.image_id),
    categories: Float64Array.from(list, (found) => found.category_id),
    boxes: Float32Array.from(list.flatMap((found) => found.bbox)),
    scores: Float32Array.from(list, (found) => found.score),
  };
  return evaluateCoco({ groundTruth: dataset.groundTruth(), detections }).stats[0] as number;
};

/** The first images of a data set, as a batch. */
const firstBatch = async (dataset: DetectionDataset, batchSize: number, size: readonly [number, number]) => {
  const loader = createLoader({ dataset, batchSize, size, training: false, cacheBytes: 0 });
  for await (const batch of loader.epoch(0)) return batch;
  throw new Error('no images');
};

describe('official weights', () => {
  let engine: Engine;
  let dataset: DetectionDataset;
  beforeAll(async () => {
    if (!reference) return;
    engine = await createEngine({ engine: 'compiled' });
    dataset = await openDataset(path.join(reference, 'datasets/coco-tiny'), { split: 'val2017' });
  });
  afterAll(() => (reference ? engine.dispose() : undefined));
  beforeEach(({ skip }) => {
    if (!reference) skip('skipped: no reference data');
  });

  it.each(['atto', 'femto'] as const)('%s: predictions of one image as onnxruntime gives them', async (size) => {
    const { detector, parameters, inputSize, file } = ours(size);
    const batch = await firstBatch(dataset, 1, inputSize);
    const runner = detectorRunner(engine, detector, { batchSize: 1, suppression: { kind: 'top-k', count: 300 } });
    const [mine] = await runner.predict(parameters, batch.images);
    await runner.dispose();
    const official = readFileSync(file);
    const graph = decodeModel(official);
    const sizes = new ort.Tensor('int64', BigInt64Array.from(batch.sizes[0] ?? [], BigInt), [1, 2]);
    const run = async (bytes: Buffer) => {
      const { model, logits, boxes } = withPredictions(bytes, graph);
      const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
      const found = await session.run({ images: channelsFirst(batch.images), orig_target_sizes: sizes });
      await session.release();
      return { logits: found[logits]!.data as Float32Array, boxes: found[boxes]!.data as Float32Array };
    };
    const scores = (values: Float32Array) => values.map((value) => 1 / (1 + Math.exp(-value)));

    // As the file is: scores and boxes, every one of them.
    const asIs = await run(official);
    expect(scores(mine!.logits)).toBeAllclose(scores(asIs.logits), { atol: 1e-3, rtol: 0 });
    expect(mine!.boxes).toBeAllclose(asIs.boxes, { atol: 1e-3, rtol: 0 });
    // With exact anchors: logits, too.
    const exact = await run(withExactAnchors(official, graph, inputSize));
    expect(mine!.logits).toBeAllclose(exact.logits, { atol: 1e-3, rtol: 0 });
    expect(mine!.boxes).toBeAllclose(exact.boxes, { atol: 1e-4, rtol: 0 });
  });

  it.each(['atto', 'femto'] as const)('%s: the AP of the official detections', async (size) => {
    const { detector, parameters, inputSize } = ours(size);
    const runner = detectorRunner(engine, detector, { batchSize: 8, suppression: { kind: 'top-k', count: 300 } });
    const { metrics } = await evaluate({ runner, parameters, dataset, batchSize: 8, inputSize });
    await runner.dispose();
    expect(Math.abs((metrics.ap as number) - referenceAp(dataset, size))).toBeLessThan(0.002);
  });

  it('atto made trainable and calibrated: the same outputs, with the statistics of the batch, too', async () => {
    const { tensors, inputSize } = ours('atto');
    const detector = zoo['deimv2-atto']();
    const { parameters } = trainableWeights(detector, tensors, initialise(detector.parameters, createRng(0)));
    const batch = await firstBatch(dataset, 8, inputSize);
    const changed = await calibrate({ engine, detector, parameters, batches: [batch.images] });
    const calibrated = new Map([...parameters, ...changed]);
    const outputs = async (weights: ReadonlyMap<string, HostTensor>, batchStatistics: boolean) => {
      const inference = engine.inference({
        name: 'outputs',
        run: (inputs) => {
          const pass = makePass({ batchStatistics, tensors: inputs, specs: detector.parameters });
          const pyramid = detector.encode(inputs['images'] as Tensor4D, pass);
          const { logits, boxes } = detector.decode(pyramid, pass)[0]!.layers[0]!;
          return { fine: pyramid.levels[0]!, coarse: pyramid.levels[1]!, scores: sigmoid(logits), boxes };
        },
      });
      const found = await inference.run(stepInputs({ detector, parameters: weights, images: batch.images }));
      await inference.dispose();
      return found;
    };
    const before = await outputs(parameters, false);
    const after = await outputs(calibrated, false);
    for (const part of ['fine', 'coarse', 'scores', 'boxes'])
      expect(after[part]!.data).toBeAllclose(before[part]!.data, { atol: 1e-4, rtol: 0 });
    const batchwise = await outputs(calibrated, true);
    for (const part of ['fine', 'coarse', 'scores', 'boxes'])
      expect(batchwise[part]!.data).toBeAllclose(before[part]!.data, { atol: 1e-3, rtol: 0 });
    // Without calibration it is another function.
    const { fine } = await outputs(parameters, true);
    expect(() => expect(fine!.data).toBeAllclose(before['fine']!.data, { atol: 1, rtol: 0 })).toThrow();
  });
});
