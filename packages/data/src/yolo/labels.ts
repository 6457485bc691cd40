import path from 'node:path';
import { isFile, isFolder, stem } from '../files.ts';
import type { ObjectRecord, Problem } from '../types.ts';

/** The label file of an image: the last `images` folder of its path becomes `labels`; else beside the image. */
export const labelFileOf = (image: string): string => {
  const parts = image.split(path.sep);
  const at = parts.lastIndexOf('images');
  const text = `${stem(image)}.txt`;
  if (at >= 0) {
    const swapped = [...parts.slice(0, at), 'labels', ...parts.slice(at + 1, -1), text].join(path.sep);
    if (isFolder(path.dirname(swapped)) || !isFile(path.join(path.dirname(image), text))) return swapped;
  }
  return path.join(path.dirname(image), text);
};

type Line = { readonly object: ObjectRecord } | { readonly problem: Omit<Problem, 'file' | 'field' | 'severity'> };

/** One line: `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 …`, a polygon, whose hull is the box. */
export const parseLine = (line: string, place: number, classes: readonly string[]): Line => {
  const fields = line.split(/\s+/);
  const numbers = fields.map(Number);
  if (numbers.some((value) => !Number.isFinite(value)))
    return {
      problem: { kind: 'number-not-finite', value: line, fix: 'write finite numbers', repair: 'the line is left out' },
    };
  const polygon = numbers.length >= 7 && numbers.length % 2 === 1;
  if (numbers.length !== 5 && !polygon)
    return {
      problem: {
        kind: 'line-malformed',
        value: line,
        fix: 'write: class cx cy width height',
        repair: 'the line is left out',
      },
    };
  const label = numbers[0]!;
  if (!Number.isInteger(label) || label < 0 || label >= classes.length)
    return {
      problem: {
        kind: 'category-unknown',
        value: `class ${fields[0]}`,
        fix: `use a whole number from 0 to ${classes.length - 1}, or add the class's name`,
        repair: 'the line is left out',
      },
    };
  if (!polygon)
    return { object: { label, box: numbers.slice(1) as unknown as ObjectRecord['box'], crowd: false, place } };
  const xs = numbers.filter((_, i) => i % 2 === 1);
  const ys = numbers.filter((_, i) => i > 0 && i % 2 === 0);
  const [x1, x2, y1, y2] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { object: { label, box: [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], crowd: false, place } };
};
