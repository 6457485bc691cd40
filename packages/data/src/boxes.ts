import type { Targets } from '@detrain/core';
import type { ImageRecord, ObjectRecord } from './types.ts';

/** A record's box as x1 y1 x2 y2 in pixels of an image, not clamped. */
export const corners = (
  { box: [a, b, c, d] }: Pick<ObjectRecord, 'box'>,
  unit: ImageRecord['unit'],
  width: number,
  height: number,
): [number, number, number, number] =>
  unit === 'pixel'
    ? [a, b, a + c, b + d]
    : [(a - c / 2) * width, (b - d / 2) * height, (a + c / 2) * width, (b + d / 2) * height];

/** A box clamped to an image; null where no area is left or a number is not finite. */
export const clampBox = (
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  width: number,
  height: number,
): [number, number, number, number] | null => {
  const left = Math.min(Math.max(x1, 0), width);
  const top = Math.min(Math.max(y1, 0), height);
  const right = Math.min(Math.max(x2, 0), width);
  const bottom = Math.min(Math.max(y2, 0), height);
  return right > left && bottom > top ? [left, top, right, bottom] : null;
};

/** The objects to train on: clamped, normalised; crowds, unknown classes and boxes without area left out. */
export const targetsOf = (record: ImageRecord, width: number, height: number): Targets => {
  const boxes: number[] = [];
  const labels: number[] = [];
  for (const object of record.objects) {
    if (object.crowd || object.label < 0) continue;
    const box = clampBox(corners(object, record.unit, width, height), width, height);
    if (!box) continue;
    const [x1, y1, x2, y2] = box;
    boxes.push((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height);
    labels.push(object.label);
  }
  return { boxes: Float32Array.from(boxes), labels: Int32Array.from(labels) };
};

/**
 * A record on an image of another size than declared: pixel boxes are scaled where the aspect is the same (annotated on a
 * larger or smaller copy), else kept as they are.
 */
export const onRealSize = (record: ImageRecord, width: number, height: number): ImageRecord => {
  const sized = { ...record, width, height };
  const declared = record.width > 0 && record.height > 0;
  const sx = width / record.width;
  const sy = height / record.height;
  if (record.unit === 'fraction' || !declared || !(Math.abs(sx / sy - 1) <= ASPECT_TOLERANCE)) return sized;
  const objects = record.objects.map((object): ObjectRecord => {
    const [x, y, w, h] = object.box;
    const { area, ...rest } = object;
    return { ...rest, box: [x * sx, y * sy, w * sx, h * sy], ...(area === undefined ? {} : { area: area * sx * sy }) };
  });
  return { ...sized, objects };
};

/** How far the aspects of two sizes may differ for one to be a scaled copy of the other. */
export const ASPECT_TOLERANCE = 0.02;
