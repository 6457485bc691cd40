import path from 'node:path';
import { filesIn, imagesIn, stem } from '../files.ts';
import type { Index, Problem } from '../types.ts';

const foldersOf = (files: readonly string[]): string[] => [
  ...new Set(files.filter(Boolean).map((file) => path.dirname(file))),
];

/** Image files that no split's annotations name. */
const imagesWithoutLabels = (indices: readonly Index[], root: string): Problem[] => {
  const known = new Set(indices.flatMap(({ images }) => images.map(({ file }) => path.resolve(file))));
  return foldersOf([...known]).flatMap((folder) =>
    imagesIn(folder)
      .map((name) => path.join(folder, name))
      .filter((file) => !known.has(file))
      .map((file) => ({
        severity: 'warning' as const,
        kind: 'image-without-label',
        file: path.relative(root, file),
        value: 'no annotation names it',
        fix: 'annotate it, list it without objects, or remove it',
        repair: 'it is not used',
      })),
  );
};

/** Label files (YOLO .txt, VOC .xml) without an image. */
const labelsWithoutImages = (indices: readonly Index[], root: string, ending: string): Problem[] => {
  const known = new Set(indices.flatMap(({ images }) => images.map(({ source }) => path.resolve(source))));
  // Files that were named but could not be read are reported as such.
  const reported = new Set(indices.flatMap(({ problems }) => problems.map(({ file }) => path.resolve(root, file))));
  const other = new Set(['classes', 'train', 'val', 'test', 'README']);
  return foldersOf([...known]).flatMap((folder) =>
    filesIn(folder)
      .filter((name) => name.toLowerCase().endsWith(ending) && !other.has(stem(name)))
      .map((name) => path.join(folder, name))
      .filter((file) => !known.has(file) && !reported.has(file))
      .map((file) => ({
        severity: 'warning' as const,
        kind: 'label-without-image',
        file: path.relative(root, file),
        value: 'no image of this name in any split',
        fix: 'add the image or remove the label file',
        repair: 'it is not used',
      })),
  );
};

/** Images that are in a training and in another split: scores on them say nothing. */
const overlaps = (indices: readonly Index[], root: string): Problem[] => {
  const role = ({ split }: Index) => /^(train|val|test)(?!val)/.exec(split)?.[1];
  const training = new Set(
    indices.filter((index) => role(index) === 'train').flatMap(({ images }) => images.map(({ file }) => file)),
  );
  return indices
    .filter((index) => role(index) !== undefined && role(index) !== 'train')
    .flatMap(({ split, images }) =>
      images
        .filter(({ file }) => file !== '' && training.has(file))
        .map(({ file }) => ({
          severity: 'warning' as const,
          kind: 'split-overlap',
          file: path.relative(root, file),
          value: `in train and in ${split}`,
          fix: 'keep it in one of them',
        })),
    );
};

/** Findings on which files there are: images without labels, labels without images, images in two splits. */
export const checkFiles = (indices: readonly Index[]): Problem[] => {
  const first = indices[0];
  if (!first) return [];
  const { root, format } = first;
  const ending = { coco: '', voc: '.xml', yolo: '.txt' }[format];
  return [
    ...imagesWithoutLabels(indices, root),
    ...(ending === '' ? [] : labelsWithoutImages(indices, root, ending)),
    ...overlaps(indices, root),
  ];
};
