import type { Recipe } from '@detrain/core/tensors';
import { createLoader, type DetectionDataset, type Loader } from '@detrain/data';
import type { BatchSource } from '@detrain/trainer';
import type { ResolvedConfig } from '../config/resolve.ts';

/** Bytes of decoded images that are kept in memory, over all threads that decode. */
const CACHE_BYTES = 2 ** 30;

/** The loader of a run's training images: the same batches in every thread that is given the same config, images and recipe. */
export const trainingLoader = (config: ResolvedConfig, dataset: DetectionDataset, recipe: Recipe): Loader =>
  createLoader({
    dataset,
    batchSize: config.batchSize,
    size: config.inputSize,
    augmentations: recipe.augmentations,
    batchAugmentations: recipe.batchAugmentations,
    seed: config.seed,
    epochs: config.epochs,
    cacheBytes: CACHE_BYTES / Math.max(1, config.loaderThreads),
  });

/** A loader as `fit` takes it. */
export const batchSource = (loader: Loader): BatchSource => ({
  batchesPerEpoch: loader.stepsPerEpoch,
  batches: (epoch, from) => loader.epoch(epoch, from),
});
