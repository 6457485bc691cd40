import path from 'node:path';
import { ASPECT_TOLERANCE } from '../boxes.ts';
import { mapLimit } from '../files.ts';
import type { ImageRecord, Index, Problem } from '../types.ts';
import { type ImageState, inspectImage } from './inspect-image.ts';

/** Images looked at side by side: decoding runs on other threads. */
const LANES = 16;

const FIXES = {
  missing: 'add the file or remove the image from the annotations',
  empty: 'replace the file',
  corrupt: 'replace the file',
  truncated: 'replace the file: it was cut short',
} as const;

const sizeProblem = (record: ImageRecord, width: number, height: number, file: string): Problem[] => {
  if (!(record.width > 0 && record.height > 0) || record.unit === 'fraction') return [];
  if (record.width === width && record.height === height) return [];
  const value = `declared ${record.width}x${record.height}, the image is ${width}x${height}`;
  if (record.width === height && record.height === width)
    return [
      {
        severity: 'warning',
        kind: 'size-turned',
        file,
        field: 'size',
        value,
        fix: 'declare the size of the upright image',
        repair: 'boxes count on the upright image',
      },
    ];
  const sameAspect = Math.abs((record.width * height) / (record.height * width) - 1) <= ASPECT_TOLERANCE;
  const repair = sameAspect ? 'boxes are scaled to the real size' : 'boxes are kept and cut at the real border';
  return [
    {
      severity: 'error',
      kind: 'size-differs',
      file,
      field: 'size',
      value,
      fix: 'declare the real size, or replace the image',
      repair,
    },
  ];
};

const stateProblem = (state: ImageState, record: ImageRecord, root: string): Problem[] => {
  const file = record.file === '' ? path.relative(root, record.source) : path.relative(root, record.file);
  if (state.state === 'good') return sizeProblem(record, state.width, state.height, file);
  const kind = state.state === 'empty' ? 'image-corrupt' : `image-${state.state}`;
  const field = `image ${record.id}`;
  return [
    {
      severity: 'error',
      kind,
      file,
      field,
      value: state.reason,
      fix: FIXES[state.state],
      repair: 'the image is left out',
    },
  ];
};

/** What looking at the images found, and the states in the order of the images. */
export interface ImageFindings {
  readonly problems: readonly Problem[];
  readonly states: readonly ImageState[];
}

/** Looks at all images of a split: missing, damaged, cut short, of another size than declared. */
export const checkImages = async ({ images, root }: Index, full: boolean): Promise<ImageFindings> => {
  const states = await mapLimit(images, LANES, (image) => inspectImage(image.file, full));
  return { states, problems: states.flatMap((state, i) => stateProblem(state, images[i]!, root)) };
};
