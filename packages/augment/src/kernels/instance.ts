import { fail } from '@detrain/core';
import { growTo, instantiate, type WasmMemory } from '@detrain/core/wasm';
import { colorBinary, geometryBinary } from './binary.ts';

/** A module's linear memory. */
interface WithMemory {
  readonly memory: WasmMemory;
}

/** What `color.wat` exports; its comments say what each loop computes. */
export interface ColorKernels extends WithMemory {
  blend(at: number, count: number, base: number, factor: number): void;
  greys(at: number, count: number): number;
  saturate(at: number, count: number, factor: number): void;
  turn(at: number, count: number, turn: number): void;
  permute(at: number, count: number, order: number): void;
}

/** What `geometry.wat` exports; its comments say what each loop computes. */
export interface GeometryKernels extends WithMemory {
  across(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    table: number,
    groups: number,
    count: number,
  ): void;
  down(from: number, stride: number, to: number, length: number, weights: number, pairs: number): void;
  warp(from: number, width: number, height: number, to: number, sx: number, sy: number, dx: number, dy: number): void;
  mirror(from: number, to: number, count: number): void;
  mix(own: number, other: number, count: number, share: number, rest: number): void;
  floats(from: number, to: number, count: number): void;
}

let color: ColorKernels | undefined;
let geometry: GeometryKernels | undefined;

/** The thread's instance; what its memory holds is gone with the next use. */
export const colorKernels = (): ColorKernels => {
  color ??= instantiate<ColorKernels>(colorBinary);
  return color;
};

/** The thread's instance; what its memory holds is gone with the next use. */
export const geometryKernels = (): GeometryKernels => {
  geometry ??= instantiate<GeometryKernels>(geometryBinary);
  return geometry;
};

/** All of a memory, grown to so many bytes at least; not to be kept, as it is gone when the memory grows. Throws beyond 4 GiB. */
export const reserve = ({ memory }: WithMemory, bytes: number): Uint8Array => {
  try {
    growTo(memory, bytes);
  } catch {
    fail('augment', `no room for ${bytes} bytes of an image`, 'at most 4 GiB', 'use smaller images');
  }
  return new Uint8Array(memory.buffer);
};

/** Bytes that pass at once where a loop needs no more than its place: they stay in a core's second cache. */
export const PART = 49_152;

/** Room behind an end that loops may read and write. */
export const SLACK = 32;
