import { resize, type Size, writeFloats } from '@detrain/augment';
import {
  type Augmentation,
  type AugmentContext,
  type BatchAugmentation,
  createRng,
  type Dataset,
  fail,
  type HostTensor,
  type Rng,
  type Sample,
  type Targets,
} from '@detrain/core';
import { batchesAhead } from './ahead.ts';
import { cacheDataset } from './cache.ts';

/** A batch on the host. */
export interface Batch {
  /** RGB in [0, 1] `[batch, height, width, 3]` float32. */
  readonly images: HostTensor;
  readonly targets: readonly Targets[];
  readonly ids: readonly string[];
  /** Width and height before any augmentation, in pixels. */
  readonly sizes: readonly (readonly [width: number, height: number])[];
  /** Indices into the data set. */
  readonly indices: readonly number[];
  readonly epoch: number;
  readonly step: number;
}

export interface LoaderOptions {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** What every image is resized to at the end, in pixels. */
  readonly size: Size;
  /** Shuffled, augmented, and without the last short batch (true); or in order and whole, for evaluation. */
  readonly training?: boolean;
  readonly augmentations?: readonly Augmentation[];
  readonly batchAugmentations?: readonly BatchAugmentation[];
  /** Two loaders with equal seeds give equal batches. */
  readonly seed?: number | string;
  /** Instead of a seed. */
  readonly rng?: Rng;
  /** Epochs of the whole run: what `progress` is a share of (1). */
  readonly epochs?: number;
  /** Batches made ahead of the one in use (2). */
  readonly ahead?: number;
  /** Bytes of decoded images kept in memory (1 GiB); 0 keeps none. */
  readonly cacheBytes?: number;
}

/** A place in a run, both from 0. */
export interface Place {
  readonly epoch: number;
  readonly step: number;
}

export interface Loader {
  /** Batches an epoch. */
  readonly stepsPerEpoch: number;
  readonly length: number;
  /** The batches of one epoch, from a step on. */
  epoch(epoch: number, fromStep?: number): AsyncGenerator<Batch, void, void>;
  /** The batches of the whole run, from a place on; made ahead across epochs. */
  batches(from?: Partial<Place>): AsyncGenerator<Batch, void, void>;
  /** One batch. */
  batch(place: Place): Promise<Batch>;
}

const collate = (samples: readonly Sample[]): HostTensor => {
  const { width, height } = samples[0]!.image;
  const each = width * height * 3;
  const data = new Float32Array(samples.length * each);
  samples.forEach(({ id, image }, i) => {
    if (image.width !== width || image.height !== height)
      fail(
        'data',
        `image ${id} is ${image.width}x${image.height} in a batch of ${width}x${height}`,
        'one size a batch',
        'batch augmentations must resize all images alike',
      );
    writeFloats(image, data, i * each);
  });
  return { shape: [samples.length, height, width, 3], dtype: 'float32', data };
};

const check = (options: LoaderOptions): void => {
  const { batchSize, dataset, training = true } = options;
  if (!(Number.isInteger(batchSize) && batchSize >= 1))
    fail('data', `batchSize ${batchSize}`, 'a whole number of at least 1', 'set batchSize');
  if (dataset.length === 0)
    fail('data', `${dataset.name} has no images`, 'at least one', 'check the split and the path');
  if (training && dataset.length < batchSize)
    fail(
      'data',
      `${dataset.name} has ${dataset.length} images, batchSize is ${batchSize}`,
      'at least one whole batch',
      `set batchSize to ${dataset.length} or less`,
    );
};

/**
 * Batches of a data set, decoded and augmented ahead of their use. What a batch holds depends on the seed, the epoch and
 * the indices only: not on how far ahead it was made, nor on what was read before. So a run can go on at any place.
 *
 * @throws where the data set is smaller than one training batch
 */
export const createLoader = (options: LoaderOptions): Loader => {
  check(options);
  const { batchSize, training = true, augmentations = [], batchAugmentations = [] } = options;
  const { epochs = 1, ahead = 2, cacheBytes = 2 ** 30 } = options;
  const size = typeof options.size === 'number' ? ([options.size, options.size] as const) : options.size;
  const dataset = cacheBytes > 0 ? cacheDataset(options.dataset, cacheBytes) : options.dataset;
  const root = options.rng ?? createRng(options.seed ?? 0);
  const count = dataset.length;
  const stepsPerEpoch = training ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  const finish = resize(size);

  let ordered = -1;
  let order = new Int32Array(0);
  const orderOf = (epoch: number): Int32Array => {
    if (!training) return Int32Array.from({ length: count }, (_, i) => i);
    if (ordered !== epoch) {
      order = root.fork('order').fork(epoch).permutation(count) as Int32Array<ArrayBuffer>;
      ordered = epoch;
    }
    return order;
  };

  const sampleAt = async (index: number, epoch: number, progress: number): Promise<Sample> => {
    const rng = root.fork('sample').fork(epoch).fork(index);
    const context: AugmentContext = { rng, epoch, progress, size, draw: () => dataset.get(rng.int(count)) };
    let sample = await dataset.get(index);
    if (training) for (const augmentation of augmentations) sample = await augmentation.apply(sample, context);
    return finish.apply(sample, context);
  };

  const batch = async ({ epoch, step }: Place): Promise<Batch> => {
    if (!(step >= 0 && step < stepsPerEpoch))
      fail(
        'data',
        `step ${step} of epoch ${epoch}`,
        `a step in [0, ${stepsPerEpoch})`,
        'resume with the batch size of the run',
      );
    const indices = [...orderOf(epoch).subarray(step * batchSize, (step + 1) * batchSize)];
    const progress = Math.min(1, (epoch + step / stepsPerEpoch) / epochs);
    const own = await Promise.all(indices.map((index) => sampleAt(index, epoch, progress)));
    const context = { rng: root.fork('batch').fork(epoch).fork(step), epoch, progress, size };
    const samples = training
      ? batchAugmentations.reduce<readonly Sample[]>((current, a) => a.applyBatch(current, context), own)
      : own;
    return {
      images: collate(samples),
      targets: samples.map(({ targets }) => targets),
      ids: own.map(({ id }) => id),
      sizes: own.map(({ originalSize }) => originalSize),
      indices,
      epoch,
      step,
    };
  };

  return batchesAhead(batch, { stepsPerEpoch, epochs, ahead });
};
