import path from 'node:path';
import { clampBox, corners } from '../boxes.ts';
import type { Format, ImageRecord, Index, ObjectRecord, Problem } from '../types.ts';

/** Boxes may pass the border by this many pixels without a word: annotation tools round. */
const TOLERANCE = 1;
/** The same for boxes given as fractions of an image of unknown size. */
const FRACTION_TOLERANCE = 0.002;

const PLACE: Readonly<Record<Format, string>> = { coco: 'annotation', voc: 'object', yolo: 'line' };

const describeBox = ({ box }: ObjectRecord, unit: ImageRecord['unit']): string => {
  const names = unit === 'pixel' ? ['x', 'y', 'width', 'height'] : ['cx', 'cy', 'width', 'height'];
  return box.map((value, i) => `${names[i]} ${Math.round(value * 1e4) / 1e4}`).join(', ');
};

const findingOf = (
  object: ObjectRecord,
  { unit, width, height }: ImageRecord,
): Pick<Problem, 'severity' | 'kind' | 'fix' | 'repair'> | null => {
  if (!object.box.every(Number.isFinite))
    return {
      severity: 'error',
      kind: 'number-not-finite',
      fix: 'write finite numbers',
      repair: 'the object is left out',
    };
  if (!(object.box[2] > 0 && object.box[3] > 0))
    return {
      severity: 'warning',
      kind: 'box-degenerate',
      fix: 'give the box an area or remove it',
      repair: 'the object is left out',
    };
  const sized = width > 0 && height > 0;
  if (!sized && unit === 'pixel') return null;
  const [w, h] = sized ? [width, height] : [1, 1];
  const room = sized ? TOLERANCE : FRACTION_TOLERANCE;
  const box = corners(object, unit, w, h);
  if (clampBox(box, w, h) === null)
    return {
      severity: 'warning',
      kind: 'box-outside',
      fix: hint(unit, 'correct the box: it lies outside the image'),
      repair: 'the object is left out',
    };
  const [x1, y1, x2, y2] = box;
  if (x1 < -room || y1 < -room || x2 > w + room || y2 > h + room)
    return {
      severity: 'warning',
      kind: 'box-outside',
      fix: hint(unit, 'correct the box: it crosses the border'),
      repair: 'the box is cut at the border',
    };
  return null;
};

const hint = (unit: ImageRecord['unit'], text: string): string =>
  unit === 'fraction' ? `${text} (YOLO files hold fractions of the image, not pixels)` : text;

/** Findings on boxes: not finite, without area, crossing the border or outside. Needs no image file. */
export const checkBoxes = ({ images, format, root }: Index): Problem[] =>
  images.flatMap((image) =>
    image.objects.flatMap((object) => {
      const finding = findingOf(object, image);
      if (!finding) return [];
      const file = path.relative(root, image.source);
      return { ...finding, file, field: `${PLACE[format]} ${object.place}`, value: describeBox(object, image.unit) };
    }),
  );
