import type { Rng } from '@detrain/core';

/** The random numbers of one batch of denoising queries, drawn before anything is built, so that a batch can be replayed. */
export interface DenoisingDraws {
  /** In [0, 1): the class is replaced where below half the label noise `[batch * queries]`. */
  readonly labelMask: ArrayLike<number>;
  /** The class it is replaced by `[batch * queries]`. */
  readonly newLabel: ArrayLike<number>;
  /** 0 moves an edge down, 1 up `[batch * queries * 4]`. */
  readonly boxSign: ArrayLike<number>;
  /** In [0, 1): how far an edge moves `[batch * queries * 4]`. */
  readonly boxPart: ArrayLike<number>;
}

/** Draws for `queries` denoising queries in each of `batch` images, in the official order. */
export const drawDenoising = (rng: Rng, batch: number, queries: number, numClasses: number): DenoisingDraws => {
  const count = batch * queries;
  return {
    labelMask: Float32Array.from({ length: count }, rng.next),
    newLabel: Int32Array.from({ length: count }, () => rng.int(numClasses)),
    boxSign: Uint8Array.from({ length: 4 * count }, () => rng.int(2)),
    boxPart: Float32Array.from({ length: 4 * count }, rng.next),
  };
};
