import { growTo, instantiate, type WasmMemory } from '@detrain/core/wasm';
import { kernelsBinary } from './kernels-binary.ts';

/** What `kernels.wat` exports; its comments say what each loop computes. Offsets are bytes on 16, counts {@link padded}. */
interface Exports {
  readonly memory: WasmMemory;
  squares(x: number, count: number): number;
  scale(x: number, count: number, factor: number): void;
  blend(x: number, y: number, count: number, share: number): void;
  adamw(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    decay: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    size: number,
    correction: number,
    eps: number,
  ): void;
}

/** SIMD loops with a memory of their own: two slots that data passes through, and behind them what is allocated to stay. */
export interface Kernels extends Omit<Exports, 'memory'> {
  /** Byte offsets of the slots, each with room for a part that {@link inParts} gives. */
  readonly slots: readonly [number, number];
  /** Room for numbers, zeros at first: a byte offset. Throws where the memory cannot grow. */
  allocate(length: number): number;
  /** Elements from a byte offset on; not to be kept, as it is gone when the memory grows. */
  view(offset: number, length: number): Float32Array;
}

/** Elements that pass at once: a slot is 64 KiB, so that two stay in a core's second cache. Measured: fewer are slower. */
const PART = 16_384;

/** A count as the kernels want it: whole rounds of the longest loop. */
export const padded = (length: number): number => Math.ceil(length / 8) * 8;

/** Visits a tensor's parts, each of which fits a slot, in order. */
export const inParts = (length: number, visit: (start: number, count: number) => void): void => {
  for (let start = 0; start < length; start += PART) visit(start, Math.min(PART, length - start));
};

/** A new instance; its memory is freed with it. */
export const createKernels = (): Kernels => {
  const { memory, ...loops } = instantiate<Exports>(kernelsBinary);
  let used = 0;
  const allocate = (length: number) => {
    const offset = used;
    const end = offset + padded(length) * Float32Array.BYTES_PER_ELEMENT;
    try {
      growTo(memory, end);
    } catch (cause) {
      throw new Error(
        `@detrain/optim: no room for ${end} bytes of moments. Wanted at most 4 GiB, which are 500 million parameters. ` +
          'Freeze a part of the model.',
        { cause },
      );
    }
    used = end;
    return offset;
  };
  return {
    ...loops,
    slots: [allocate(PART), allocate(PART)],
    allocate,
    view: (offset, length) => new Float32Array(memory.buffer, offset, length),
  };
};

let shared: Kernels | undefined;

/** The instance for data that only passes through. */
export const sharedKernels = (): Kernels => {
  shared ??= createKernels();
  return shared;
};
