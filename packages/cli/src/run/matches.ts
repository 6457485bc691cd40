import { createRng, type HostTensor } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { createLoader, type DetectionDataset } from '@detrain/data';
import type { ReportMatches } from '@detrain/viz';
import type { DetectorRunner } from './detect.ts';

export interface MatchesOptions {
  readonly runner: DetectorRunner;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly recipe: Recipe;
  readonly dataset: DetectionDataset;
  readonly inputSize: readonly [width: number, height: number];
  readonly epoch: number;
  readonly step: number;
  /** Images to show, the first of the data set. */
  readonly count: number;
}

/** Who is matched to whom in the first images of a data set: the last layer's queries, by the recipe's assigner at the end of the run. */
export const matchesOf = async (options: MatchesOptions): Promise<ReportMatches[]> => {
  const { runner, parameters, recipe, dataset, inputSize, epoch, step, count } = options;
  const loader = createLoader({ dataset, batchSize: 1, size: inputSize, training: false, cacheBytes: 0 });
  const found: ReportMatches[] = [];
  for await (const batch of loader.epoch(0)) {
    if (found.length === count) break;
    const [candidates] = await runner.predict(parameters, batch.images);
    const index = batch.indices[0];
    if (!candidates || index === undefined) continue;
    const { id, image, targets } = await dataset.get(index);
    const context = { rng: createRng(0), progress: 1, epoch, step, output: 'layer.last' };
    const assignment = recipe.assigner.assign(candidates, targets, context);
    const caption = `last layer, ${recipe.assigner.name}, after epoch ${epoch}`;
    found.push({ id, image, targets, boxes: candidates.boxes, assignment, caption });
  }
  return found;
};
