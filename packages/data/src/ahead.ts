import type { Batch, Loader, Place } from './loader.ts';

/** A loader over single batches, which it asks for `ahead` of their turn. */
export const batchesAhead = (
  batch: (place: Place) => Promise<Batch>,
  { stepsPerEpoch, epochs, ahead }: { readonly stepsPerEpoch: number; readonly epochs: number; readonly ahead: number },
): Loader => {
  async function* run(from: Place, lastEpoch: number): AsyncGenerator<Batch, void, void> {
    const waiting: Promise<Batch>[] = [];
    let { epoch, step } = from;
    const fill = () => {
      while (waiting.length <= ahead && epoch < lastEpoch) {
        const next = batch({ epoch, step });
        // A batch that fails before its turn is reported when its turn comes.
        next.catch(() => {});
        waiting.push(next);
        if (++step >= stepsPerEpoch) {
          step = 0;
          epoch++;
        }
      }
    };
    for (fill(); waiting.length > 0; fill()) yield await waiting.shift()!;
  }

  return {
    stepsPerEpoch,
    length: stepsPerEpoch,
    epoch: (epoch, fromStep = 0) =>
      fromStep >= stepsPerEpoch ? run({ epoch, step: 0 }, epoch) : run({ epoch, step: fromStep }, epoch + 1),
    batches: ({ epoch = 0, step = 0 } = {}) =>
      run(step >= stepsPerEpoch ? { epoch: epoch + 1, step: 0 } : { epoch, step }, epochs),
    batch,
  };
};
