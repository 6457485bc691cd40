import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesIn, foldersIn, isFile, stem } from '../files.ts';
import type { Layout, SplitSource } from '../layout.ts';
import type { Located } from './folder.ts';
import { readCoco } from './read.ts';

/** Annotation files of COCO that hold no boxes, or not those of this task. */
const OTHER_TASKS = /^(captions|person_keypoints|panoptic|stuff|image_info)/;

const splitName = (json: string): string => {
  const name = stem(json)
    .replace(/^(instances|lvis(_v\d+(\.\d+)?)?)[_-]?/, '')
    .replace(/[_.-]?(annotations?|coco|labels)(?=[_.-]|$)/g, '');
  return name.replace(/^[_.-]+|[_.-]+$/g, '') || 'all';
};

/** Whether a JSON file looks like COCO from its first and last bytes' keys; small enough files are read whole. */
const looksLikeCoco = async (file: string): Promise<boolean> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /"images"\s*:/.test(text) && /"annotations"\s*:/.test(text);
};

const locateIn = async (root: string): Promise<Located[]> => {
  const found: Located[] = [];
  const folder = path.join(root, 'annotations');
  for (const name of filesIn(folder)) {
    if (!name.endsWith('.json') || OTHER_TASKS.test(name)) continue;
    if (name.startsWith('instances') || (await looksLikeCoco(path.join(folder, name))))
      found.push({ json: path.join(folder, name), split: splitName(name), root });
  }
  for (const name of foldersIn(root)) {
    const json = path.join(root, name, '_annotations.coco.json');
    if (isFile(json)) found.push({ json, split: name, root });
  }
  if (found.length > 0) return found;
  for (const name of filesIn(root))
    if (name.endsWith('.json') && !OTHER_TASKS.test(name) && (await looksLikeCoco(path.join(root, name))))
      found.push({ json: path.join(root, name), split: splitName(name), root });
  return found;
};

/** Finds COCO annotation files in a folder, one folder down, or in the file that a path names. */
export const findCoco = async (target: string): Promise<Layout | null> => {
  if (isFile(target)) {
    if (!target.endsWith('.json')) return null;
    const folder = path.dirname(target);
    const root = path.basename(folder) === 'annotations' ? path.dirname(folder) : folder;
    const split = path.basename(target) === '_annotations.coco.json' ? path.basename(folder) : splitName(target);
    return { format: 'coco', root, splits: [source({ json: target, split, root })] };
  }
  for (const root of [target, ...foldersIn(target).map((name) => path.join(target, name))]) {
    const found = await locateIn(root);
    if (found.length > 0) return { format: 'coco', root, splits: found.map(source) };
  }
  return null;
};

const source = (located: Located): SplitSource => ({ name: located.split, read: () => readCoco(located) });
