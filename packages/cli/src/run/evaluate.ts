import type { Detections, HostTensor } from '@detrain/core';
import { createLoader, type DetectionDataset } from '@detrain/data';
import { type CocoResult, evaluateCoco } from '@detrain/metrics';
import type { DetectorRunner } from './detect.ts';

/** Names of the twelve COCO numbers, in the order of `stats`. */
export const METRICS = [
  'ap',
  'ap50',
  'ap75',
  'apSmall',
  'apMedium',
  'apLarge',
  'ar1',
  'ar10',
  'ar100',
  'arSmall',
  'arMedium',
  'arLarge',
] as const;

/** What an evaluation found. */
export interface Evaluation {
  /** The twelve numbers by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly coco: CocoResult;
  /** One per image of the data set. */
  readonly detections: readonly Detections[];
  readonly images: number;
  readonly seconds: number;
}

export interface EvaluateOptions {
  readonly runner: DetectorRunner;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly dataset: DetectionDataset;
  readonly batchSize: number;
  readonly inputSize: readonly [width: number, height: number];
  readonly signal?: AbortSignal;
  readonly onBatch?: (done: number, total: number) => void;
}

const columns = (dataset: DetectionDataset, all: readonly Detections[]) => {
  const count = all.reduce((sum, { scores }) => sum + scores.length, 0);
  const images = new Float64Array(count);
  const categories = new Float64Array(count);
  const boxes = new Float32Array(4 * count);
  const scores = new Float32Array(count);
  let at = 0;
  all.forEach((found, index) => {
    for (let i = 0; i < found.scores.length; i++, at++) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = found.boxes.subarray(4 * i, 4 * i + 4);
      images[at] = dataset.imageIds[index] as number;
      categories[at] = dataset.categoryIds[found.labels[i] as number] as number;
      boxes.set([x1, y1, x2 - x1, y2 - y1], 4 * at);
      scores[at] = found.scores[i] as number;
    }
  });
  return { images, categories, boxes, scores };
};

/** COCO AP of weights on a data set. Throws `signal.reason` when aborted. */
export const evaluate = async (options: EvaluateOptions): Promise<Evaluation> => {
  const { runner, parameters, dataset, batchSize, inputSize, signal, onBatch } = options;
  const started = performance.now();
  const loader = createLoader({ dataset, batchSize, size: inputSize, training: false, cacheBytes: 0 });
  const detections: Detections[] = [];
  for await (const batch of loader.epoch(0)) {
    signal?.throwIfAborted();
    detections.push(...(await runner.detect(parameters, batch.images, batch.sizes)));
    onBatch?.(detections.length, dataset.length);
  }
  const coco = evaluateCoco({ groundTruth: dataset.groundTruth(), detections: columns(dataset, detections) });
  const metrics = Object.fromEntries(METRICS.map((name, i) => [name, coco.stats[i] as number]));
  return { metrics, coco, detections, images: dataset.length, seconds: (performance.now() - started) / 1000 };
};
