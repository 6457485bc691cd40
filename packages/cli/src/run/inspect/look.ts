import type { PixelSize, Sample } from '@detrain/core';
import type { DetectionDataset } from '@detrain/data';
import { userError } from '../../errors.ts';
import { type Matched, matcher } from './assign.ts';
import type { Recording } from './recording.ts';
import type { Strategy } from './strategies.ts';
import type { InspectedImage } from './summary.ts';

/** What is compared, and on what. */
export interface Scene {
  readonly strategies: readonly Strategy[];
  readonly recording: Recording | null;
  /** Earlier predictions of the same images. */
  readonly since: Recording | null;
  /** The output that predictions are taken from. */
  readonly output: string;
  readonly inputSize: PixelSize;
  readonly epoch: number;
}

/** One image under all strategies. */
export interface Inspected {
  readonly sample: Sample;
  readonly now: readonly Matched[];
  /** By the earlier predictions; empty without any. */
  readonly before: readonly Matched[];
}

/** The images of a recording in its order; without one the first of the data set. Throws a user error where the data lacks one. */
export const chosenImages = (dataset: DetectionDataset, recorded: Recording | null, count: number): number[] => {
  if (!recorded) return Array.from({ length: Math.min(count, dataset.length) }, (_, i) => i);
  const places = new Map(Array.from({ length: dataset.length }, (_, i) => [dataset.annotations(i).id, i]));
  return recorded.ids.slice(0, count).map((id) => {
    const place = places.get(id);
    if (place !== undefined) return place;
    throw userError(`The data has no image ${id} in ${dataset.split}. Name the split that was recorded: --split NAME`);
  });
};

/** Assigns every image by every strategy. */
export const inspectAll = async (
  dataset: DetectionDataset,
  images: readonly number[],
  scene: Scene,
): Promise<Inspected[]> => {
  const { strategies, recording, since, output, inputSize, epoch } = scene;
  const place = { output, inputSize, epoch, numClasses: dataset.classes.length };
  const now = strategies.map((strategy) => matcher(strategy, { ...place, recording }));
  const before = since ? strategies.map((strategy) => matcher(strategy, { ...place, recording: since })) : [];
  const found: Inspected[] = [];
  for (const index of images) {
    const sample = await dataset.get(index);
    found.push({
      sample,
      now: now.map((match) => match(sample)),
      before: before.map((match) => match(sample)),
    });
  }
  return found;
};

/** One image under one strategy. */
export const imageOf = ({ sample, now, before }: Inspected, strategy: number): InspectedImage => ({
  targets: sample.targets,
  width: sample.originalSize[0],
  height: sample.originalSize[1],
  assignment: (now[strategy] as Matched).assignment,
  before: before[strategy]?.assignment ?? null,
});
