import type { Dataset, Sample } from '@detrain/core';

/** A data set that keeps what it read. */
export interface CachedDataset extends Dataset {
  get(index: number): Promise<Sample>;
  /** Bytes of pixels held. */
  readonly bytes: number;
}

/**
 * Keeps decoded images in memory, 8 bits a sample, up to a number of bytes; then the least recently used go first.
 * A sample being read is read once however many ask for it.
 */
export const cacheDataset = (dataset: Dataset, limit: number): CachedDataset => {
  const held = new Map<number, Promise<Sample>>();
  const sizes = new Map<number, number>();
  let bytes = 0;
  const drop = (index: number) => {
    bytes -= sizes.get(index) ?? 0;
    sizes.delete(index);
    held.delete(index);
  };
  const makeRoom = () => {
    for (const index of held.keys()) {
      if (bytes <= limit) return;
      if (sizes.has(index)) drop(index);
    }
  };
  return {
    name: dataset.name,
    classes: dataset.classes,
    length: dataset.length,
    get bytes() {
      return bytes;
    },
    get(index) {
      const found = held.get(index);
      if (found) {
        held.delete(index);
        held.set(index, found);
        return found;
      }
      const reading = (async () => dataset.get(index))();
      held.set(index, reading);
      reading.then(
        (sample) => {
          if (held.get(index) !== reading) return;
          sizes.set(index, sample.image.data.byteLength);
          bytes += sample.image.data.byteLength;
          makeRoom();
        },
        () => held.delete(index),
      );
      return reading;
    },
  };
};
