import { existsSync } from 'node:fs';
import path from 'node:path';
import { fail } from '@detrain/core';
import { onRealSize } from './boxes.ts';
import { checkBoxes } from './check/boxes.ts';
import { checkImages } from './check/images.ts';
import { withClasses } from './classes.ts';
import { findCoco } from './coco/find.ts';
import { createDataset } from './dataset.ts';
import { type Layout, pickSplit, type SplitSource } from './layout.ts';
import type { DetectionDataset, Format, Index, Problem } from './types.ts';
import { findVoc } from './voc/find.ts';
import { findYolo } from './yolo/find.ts';

const FINDERS: readonly (readonly [Format, (target: string) => Promise<Layout | null>])[] = [
  ['coco', findCoco],
  ['voc', findVoc],
  ['yolo', findYolo],
];

/** The layouts that are looked for, in words. */
export const LAYOUTS = `COCO: annotations/instances_<split>.json with <split>/ or images/<split>/; <split>/_annotations.coco.json; one .json beside a folder of images.
VOC: Annotations/*.xml with JPEGImages/ and ImageSets/Main/<split>.txt, here or up to two folders down; .xml beside the images.
YOLO: data.yaml (names, train, val); images/<split>/ with labels/<split>/; <split>/images/ with <split>/labels/`;

/** Finds the data set in a folder (or a COCO .json, or a YOLO .yaml). Throws and lists the layouts where there is none. */
export const findLayout = async (target: string, format?: Format): Promise<Layout> => {
  const absolute = path.resolve(target);
  if (!existsSync(absolute)) fail('data', `${target} does not exist`, 'a folder with a data set', 'check the path');
  for (const [name, find] of FINDERS) {
    if (format !== undefined && format !== name) continue;
    const found = await find(absolute);
    if (found) return found;
  }
  return fail(
    'data',
    `no ${format ?? 'COCO, VOC or YOLO'} data set in ${target}`,
    `one of these layouts:\n${LAYOUTS}`,
    'move the files so, or name the folder that holds them',
  );
};

/** What to do about errors in the data: refuse them, or put right and leave out. */
export type OnProblem = 'refuse' | 'repair';

export interface OpenOptions {
  /** `train`, `val`, `test`, … or the file's own name (`train2017`); `train` or the only split where absent. */
  readonly split?: string;
  /** Detected where absent. */
  readonly format?: Format;
  /** The order of classes by name, for instance the training split's; the file's own where absent. */
  readonly classes?: readonly string[];
  /** What to do about errors in the data: `refuse` (throws, lists them) or `repair` (leaves out, puts right). */
  readonly onProblem?: OnProblem;
}

const chooseSplit = (layout: Layout, wanted: string | undefined): SplitSource => {
  const { splits } = layout;
  const names = splits.map(({ name }) => name).join(', ');
  const found =
    pickSplit(splits, wanted ?? 'train') ?? (splits.length === 1 && wanted === undefined ? splits[0] : undefined);
  return (
    found ??
    fail('data', `no split ${wanted ?? 'train'} in ${layout.root}`, `one of ${names}`, 'name one of them as split')
  );
};

/** One line a problem. */
export const formatProblem = ({ file, field, value, fix }: Problem): string =>
  `${file}${field ? `, ${field}` : ''}: ${value} (${fix})`;

const refuseErrors = (index: Index): void => {
  const errors = index.problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const shown = errors.slice(0, 10).map((problem) => `  ${formatProblem(problem)}`);
  const more = errors.length > shown.length ? `\n  … and ${errors.length - shown.length} more` : '';
  fail(
    'data',
    `${errors.length} errors in ${index.root}, split ${index.split}:\n${shown.join('\n')}${more}`,
    'none',
    "correct them (checkDataset lists all), or pass onProblem: 'repair' to leave out what is wrong",
  );
};

/** What a repair leaves: the images that can be read, with their sizes. */
const keepReadable = async (index: Index): Promise<Index> => {
  const { states, problems } = await checkImages(index, false);
  const images = index.images.flatMap((image, i) => {
    const state = states[i]!;
    return state.state === 'good' ? onRealSize(image, state.width, state.height) : [];
  });
  return { ...index, images, problems: [...index.problems, ...problems] };
};

/** Sees that image files are there, and reads the headers of those whose size no annotation gives. */
const measure = async (index: Index): Promise<Index> => {
  const unsized = {
    ...index,
    images: index.images.filter(({ file, width, height }) => !(width > 0 && height > 0) || !existsSync(file)),
  };
  const { states, problems } = await checkImages(unsized, false);
  const known = new Map(unsized.images.map((image, i) => [image, states[i]!]));
  const images = index.images.map((image) => {
    const state = known.get(image);
    return state?.state === 'good' ? { ...image, width: state.width, height: state.height } : image;
  });
  return { ...index, images, problems: [...index.problems, ...problems] };
};

/**
 * Opens a split of the COCO, VOC or YOLO data set in a folder, without options in the usual layouts. Classes become
 * contiguous in the order of their ids; crowd annotations are kept for evaluation only; boxes are clamped to the image and
 * those without area dropped; images without objects stay.
 *
 * @throws where no data set is found (the message lists the layouts), and on errors in it unless `onProblem` is `repair`
 */
export const openDataset = async (
  target: string,
  { split, format, classes, onProblem = 'refuse' }: OpenOptions = {},
): Promise<DetectionDataset> => {
  const layout = await findLayout(target, format);
  const own = await chooseSplit(layout, split).read();
  const read = classes ? withClasses(own, classes) : own;
  const found = await (onProblem === 'refuse' ? measure(read) : keepReadable(read));
  const index = { ...found, problems: [...found.problems, ...checkBoxes(found)] };
  if (onProblem === 'refuse') refuseErrors(index);
  return createDataset(
    index,
    layout.splits.map(({ name }) => name),
  );
};
