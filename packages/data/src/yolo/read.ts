import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mapLimit, stem } from '../files.ts';
import type { ImageRecord, Index, ObjectRecord, Problem } from '../types.ts';
import { labelFileOf, parseLine } from './labels.ts';
import type { YoloSet, YoloSplit } from './sources.ts';

/** Reads the label files of one split; what is wrong with them goes into the index. */
export const readYolo = async (set: YoloSet, split: YoloSplit, classes: readonly string[]): Promise<Index> => {
  const { root } = set;
  const problems: Problem[] = [...set.remarks];
  if (!set.names)
    problems.push({
      severity: 'warning',
      kind: 'names-missing',
      file: set.namesFile,
      value: `${classes.length} classes without names`,
      fix: 'add data.yaml with names, or classes.txt',
    });
  const names = new Map<string, number>();
  for (const image of split.images) names.set(stem(image), (names.get(stem(image)) ?? 0) + 1);
  const texts = await mapLimit(split.images, 32, (image) => readFile(labelFileOf(image), 'utf8').catch(() => null));
  const images = split.images.map((image, i): ImageRecord => {
    const source = labelFileOf(image);
    const file = path.relative(root, source);
    const objects: ObjectRecord[] = [];
    const text = texts[i];
    if (text === null)
      problems.push({
        severity: 'warning',
        kind: 'label-missing',
        file,
        value: `no label file for ${path.relative(root, image)}`,
        fix: 'add an empty file if the image shows nothing',
      });
    (text ?? '').split(/\r?\n/).forEach((line, at) => {
      if (line.trim() === '') return;
      const parsed = parseLine(line.trim(), at + 1, classes);
      if ('object' in parsed) objects.push(parsed.object);
      else problems.push({ severity: 'error', file, field: `line ${at + 1}`, ...parsed.problem });
    });
    return {
      id: names.get(stem(image)) === 1 ? stem(image) : path.relative(root, image),
      imageId: i + 1,
      file: image,
      source,
      width: 0,
      height: 0,
      unit: 'fraction',
      objects,
    };
  });
  return {
    format: 'yolo',
    root,
    split: split.name,
    classes: classes.map((name, id) => ({ id, name })),
    images,
    problems,
  };
};
