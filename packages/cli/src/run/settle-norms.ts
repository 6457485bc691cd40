import type { HostTensor } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import type { Engine } from '@detrain/engine';
import { type BatchSource, calibrate } from '@detrain/trainer';

/** Images that statistics are measured on: more change them by less than one epoch's noise. */
const IMAGES = 256;

/** The images of the first epoch's first batches. */
async function* firstImages(batches: BatchSource): AsyncGenerator<HostTensor> {
  let seen = 0;
  for await (const { images } of batches.batches(0, 0)) {
    yield images;
    seen += images.shape[0] ?? 0;
    if (seen >= IMAGES) return;
  }
}

/**
 * Gives batch norms that were folded away their statistics on the data of the run, in place. Without them the first batch's own would
 * change what the model computes, and its pretrained weights would be worth little.
 */
export const settleNorms = async (options: {
  readonly engine: Engine;
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly batches: BatchSource;
}): Promise<void> => {
  const { parameters, batches, ...rest } = options;
  const measured = await calibrate({ ...rest, parameters, batches: firstImages(batches) });
  for (const [name, { data }] of measured) parameters.get(name)?.data.set(data as Float32Array);
};
