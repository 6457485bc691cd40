import { createLoader, type Loader, openDataset } from '@detrain/data';
import { deim } from '@detrain/recipes';

/** Batches as DEIM-D-FINE-N trains on them in its dense phase; plain data, which can be sent to a thread. */
export interface BatchesOptions {
  /** A folder with a data set. */
  readonly data: string;
  readonly split: string;
  /** Images a batch. */
  readonly batch: number;
  /** Bytes of decoded images kept; 0: every image is decoded each time. */
  readonly cacheBytes: number;
}

/** Side of the images in pixels, as published. */
export const SIZE = 640;

/** Mosaic and mixup from the first step to the last. */
const ALWAYS = { unit: 'fraction', boundaries: [0, 1, 1] } as const;

/** As many as any measurement needs. */
export const EPOCHS = 1000;

/** A loader as the trainer makes it: decoding, mosaic or colours, zoom-out and crop, flip, resize, mixup. */
export const trainingBatches = async ({ data, split, batch, cacheBytes }: BatchesOptions): Promise<Loader> => {
  const { augmentations, batchAugmentations } = deim({ denseO2O: { policy: ALWAYS } });
  return createLoader({
    dataset: await openDataset(data, { split, onProblem: 'repair' }),
    batchSize: batch,
    size: SIZE,
    augmentations,
    batchAugmentations,
    epochs: EPOCHS,
    cacheBytes,
  });
};
