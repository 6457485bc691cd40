import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesIn, foldersIn, isFile, mapLimit } from '../files.ts';
import type { Layout, SplitSource } from '../layout.ts';
import { labelFileOf } from './labels.ts';
import { readYolo } from './read.ts';
import { fromFolders, fromYaml, type YoloSet } from './sources.ts';

/** Finds a YOLO data set: a data.yaml (the path itself, in the folder, one down), or images/ and labels/ folders. */
export const findYolo = async (target: string): Promise<Layout | null> => {
  const isYaml = (name: string) => /\.ya?ml$/i.test(name);
  if (isFile(target)) return isYaml(target) ? layoutOf(fromYaml(target)) : null;
  const roots = [target, ...foldersIn(target).map((name) => path.join(target, name))];
  for (const root of roots)
    for (const name of filesIn(root).filter(isYaml)) {
      const found = fromYaml(path.join(root, name));
      if (found && found.splits.length > 0) return layoutOf(found);
    }
  for (const root of roots) {
    const found = fromFolders(root);
    if (found) return layoutOf(found);
  }
  return null;
};

const layoutOf = (set: YoloSet | null): Layout | null => {
  if (!set) return null;
  // Without names the number of classes is that of all splits, so that splits agree.
  let highest: Promise<number> | undefined;
  const classes = async () => {
    if (set.names) return set.names;
    highest ??= highestClass(set.splits.flatMap((split) => split.images));
    return Array.from({ length: (await highest) + 1 }, (_, id) => `class ${id}`);
  };
  const splits = set.splits.map(
    (split): SplitSource => ({ name: split.name, read: async () => readYolo(set, split, await classes()) }),
  );
  return { format: 'yolo', root: set.root, splits, remarks: set.remarks };
};

const highestClass = async (images: readonly string[]): Promise<number> => {
  const each = await mapLimit(images, 32, async (image) => {
    const text = await readFile(labelFileOf(image), 'utf8').catch(() => '');
    const ids = text.split(/\r?\n/).map((line) => Number.parseInt(line, 10));
    return ids.reduce((most, id) => (Number.isFinite(id) ? Math.max(most, id) : most), -1);
  });
  return each.reduce((most, id) => Math.max(most, id), -1);
};
