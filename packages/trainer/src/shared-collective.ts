import { fail } from '@detrain/core';
import type { Collective } from './collective.ts';

/** Memory that the threads of a group exchange numbers through; it can be sent to them. */
export interface SharedMemory {
  readonly size: number;
  /** Most numbers of one exchange. */
  readonly capacity: number;
  /** int32: see the places below. */
  readonly control: SharedArrayBuffer;
  /** float32 `[size, capacity]`: what each member brings. */
  readonly slots: SharedArrayBuffer;
  /** float32 `[capacity]`. */
  readonly sums: SharedArrayBuffer;
}

// Places in `control`.
const ARRIVED = 0;
const ROUND = 1;
const BROKEN = 2;

/** Memory for a group of threads that exchange at most `capacity` numbers at once. */
export const sharedMemory = (size: number, capacity: number): SharedMemory => ({
  size,
  capacity,
  control: new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT),
  slots: new SharedArrayBuffer(size * capacity * Float32Array.BYTES_PER_ELEMENT),
  sums: new SharedArrayBuffer(capacity * Float32Array.BYTES_PER_ELEMENT),
});

/** Ends a group for good: whoever waits for the others, now or later, gets an error. */
export const breakUp = ({ control }: SharedMemory): void => {
  const state = new Int32Array(control);
  Atomics.store(state, BROKEN, 1);
  Atomics.add(state, ROUND, 1);
  Atomics.notify(state, ROUND);
};

/**
 * The group of threads of one process, over shared memory. Sums are taken member by member in their order, in float64, each thread a part
 * of them, so the bits do not depend on who comes first.
 */
export const sharedCollective = (memory: SharedMemory, rank: number): Collective => {
  const { size, capacity } = memory;
  const control = new Int32Array(memory.control);
  const slots = new Float32Array(memory.slots);
  const sums = new Float32Array(memory.sums);
  const slot = (of: number) => slots.subarray(of * capacity, (of + 1) * capacity);

  const checkWhole = (): void => {
    if (Atomics.load(control, BROKEN))
      fail('trainer', `thread ${rank} waits for the others`, 'One of them has failed', 'See its error');
  };

  const barrier = (): void => {
    // In this order: a break after the check changes the round, so that the wait below does not begin.
    const round = Atomics.load(control, ROUND);
    checkWhole();
    if (Atomics.add(control, ARRIVED, 1) === size - 1) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, ROUND, 1);
      Atomics.notify(control, ROUND);
    } else while (Atomics.load(control, ROUND) === round) Atomics.wait(control, ROUND, round);
    checkWhole();
  };

  /** Copies arrays side by side to `target`, or back from it; gives their number of elements. */
  const copy = (arrays: Readonly<Record<string, Float32Array>>, target: Float32Array, way: 'to' | 'from'): number => {
    let offset = 0;
    for (const [name, array] of Object.entries(arrays)) {
      const end = offset + array.length;
      if (end > capacity)
        fail(
          'trainer',
          `arrays up to '${name}' have ${end} numbers`,
          `The group exchanges ${capacity} at once`,
          'Make it with more room, or exchange them in parts',
        );
      if (way === 'to') target.set(array, offset);
      else array.set(target.subarray(offset, end));
      offset = end;
    }
    return offset;
  };

  return {
    rank,
    size,
    barrier,
    allReduce: (arrays) => {
      const length = copy(arrays, slot(rank), 'to');
      barrier();
      const end = Math.floor((length * (rank + 1)) / size);
      for (let i = Math.floor((length * rank) / size); i < end; i++) {
        let sum = 0;
        for (let at = i; at < slots.length; at += capacity) sum += slots[at] as number;
        sums[i] = sum;
      }
      barrier();
      copy(arrays, sums, 'from');
    },
    broadcast: (arrays, from = 0) => {
      if (rank === from) copy(arrays, slot(from), 'to');
      barrier();
      if (rank !== from) copy(arrays, slot(from), 'from');
      // The slot is free again when all have read it.
      barrier();
    },
  };
};
