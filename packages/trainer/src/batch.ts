import type { HostTensor, Targets } from '@detrain/core';

/** What one training step eats. */
export interface Batch {
  /** RGB in [0, 1] `[batch, height, width, 3]`. */
  readonly images: HostTensor;
  /** One per image. */
  readonly targets: readonly Targets[];
  /** The data set's names of the images. */
  readonly ids: readonly string[];
  /** Width and height in pixels before any augmentation, one per image. */
  readonly sizes: readonly (readonly [width: number, height: number])[];
}

/** Where `fit` gets its batches from: the same (epoch, index) must give the same batch in every process. */
export interface BatchSource {
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number;
  /** The batches of an epoch from index `from` on. Ending the iteration early must stop any work ahead. */
  batches(epoch: number, from: number): AsyncIterable<Batch>;
}
