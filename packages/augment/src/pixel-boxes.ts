import type { Targets } from '@detrain/core';

/** Objects with boxes x1 y1 x2 y2 in pixels, flat `[count * 4]`, in float64 so that a chain of changes loses nothing. */
export interface PixelTargets {
  readonly boxes: Float64Array;
  readonly labels: Int32Array;
}

/** Targets with their boxes in pixels of an image. */
export const toPixels = (targets: Targets, width: number, height: number): PixelTargets => {
  const count = targets.labels.length;
  const boxes = new Float64Array(count * 4);
  for (let i = 0; i < count * 4; i += 4) {
    const cx = targets.boxes[i]! * width;
    const cy = targets.boxes[i + 1]! * height;
    const halfWidth = (targets.boxes[i + 2]! * width) / 2;
    const halfHeight = (targets.boxes[i + 3]! * height) / 2;
    boxes[i] = cx - halfWidth;
    boxes[i + 1] = cy - halfHeight;
    boxes[i + 2] = cx + halfWidth;
    boxes[i + 3] = cy + halfHeight;
  }
  return { boxes, labels: targets.labels };
};

/**
 * Targets normalised by the size of an image: boxes clamped to it, those without area inside it (or not finite) dropped.
 */
export const fromPixels = (targets: PixelTargets, width: number, height: number): Targets => {
  const count = targets.labels.length;
  const boxes = new Float32Array(count * 4);
  const labels = new Int32Array(count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const x1 = Math.min(Math.max(targets.boxes[i * 4]!, 0), width);
    const y1 = Math.min(Math.max(targets.boxes[i * 4 + 1]!, 0), height);
    const x2 = Math.min(Math.max(targets.boxes[i * 4 + 2]!, 0), width);
    const y2 = Math.min(Math.max(targets.boxes[i * 4 + 3]!, 0), height);
    if (!(x2 > x1 && y2 > y1)) continue;
    boxes[kept * 4] = (x1 + x2) / 2 / width;
    boxes[kept * 4 + 1] = (y1 + y2) / 2 / height;
    boxes[kept * 4 + 2] = (x2 - x1) / width;
    boxes[kept * 4 + 3] = (y2 - y1) / height;
    labels[kept++] = targets.labels[i]!;
  }
  return kept === count ? { boxes, labels } : { boxes: boxes.slice(0, kept * 4), labels: labels.slice(0, kept) };
};

/** The targets at some indices, in that order. */
export const pickTargets = (targets: Targets, indices: readonly number[]): Targets => {
  const boxes = new Float32Array(indices.length * 4);
  const labels = new Int32Array(indices.length);
  indices.forEach((index, i) => {
    boxes.set(targets.boxes.subarray(index * 4, index * 4 + 4), i * 4);
    labels[i] = targets.labels[index]!;
  });
  return { boxes, labels };
};

/** All targets of several lists, in order. */
export const concatTargets = (lists: readonly Targets[]): Targets => {
  const count = lists.reduce((sum, list) => sum + list.labels.length, 0);
  const boxes = new Float32Array(count * 4);
  const labels = new Int32Array(count);
  let at = 0;
  for (const list of lists) {
    boxes.set(list.boxes, at * 4);
    labels.set(list.labels, at);
    at += list.labels.length;
  }
  return { boxes, labels };
};
