import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../json.ts';
import type { ImageRecord, Index, Problem } from '../types.ts';
import { type Entry, entriesOf, type Report, readCategories, readImages, readObjects } from './document.ts';
import { imageFolder, type Located } from './folder.ts';

/** The document in a text; null, and a finding, where there is none. */
const parseDocument = (text: string, report: Report): Entry | null => {
  if (text.trim() === '') {
    const fix = 'export the annotations again';
    report({ severity: 'error', kind: 'annotations-empty', value: 'an empty file', fix });
    return null;
  }
  const { value, error, notFinite } = parseJson(text);
  if (error) {
    const field = `line ${error.line}, column ${error.column}`;
    const fix = 'correct the file, or export it again';
    report({ severity: 'error', kind: 'json-invalid', field, value: error.message, fix });
    return null;
  }
  if (notFinite > 0)
    report({
      severity: 'error',
      kind: 'number-not-finite',
      value: `${notFinite} NaN or Infinity`,
      fix: 'write finite numbers: these are no JSON',
      repair: 'read as missing; boxes with them are left out',
    });
  const document = (typeof value === 'object' && value !== null ? value : {}) as Entry;
  for (const key of ['images', 'annotations', 'categories'])
    if (!Array.isArray(document[key])) {
      const fix = `a COCO file has a list "${key}"`;
      report({ severity: 'error', kind: 'key-missing', field: key, value: typeof document[key], fix });
    }
  return document;
};

/** Reads one COCO file; what is wrong with it goes into the index. Throws only where the file cannot be read at all. */
export const readCoco = async (located: Located): Promise<Index> => {
  const { json, split, root } = located;
  const file = path.relative(root, json);
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push({ file, ...problem });
  const document = parseDocument(await readFile(json, 'utf8'), report);
  if (!document) return { format: 'coco', root, split, classes: [], images: [], problems };
  const classes = readCategories(entriesOf(document['categories']), report);
  const entries = readImages(entriesOf(document['images']), report);
  const objects = readObjects(entriesOf(document['annotations']), entries, classes, report);
  const names = entries.map(({ name }) => name);
  const folder = imageFolder(located, names);
  const images = entries.map(
    ({ id, name, width, height, federated }): ImageRecord => ({
      id: String(id),
      imageId: id,
      file: path.join(folder, name),
      source: json,
      width,
      height,
      unit: 'pixel',
      objects: objects.get(id)!,
      ...(federated && { federated }),
    }),
  );
  return { format: 'coco', root, split, classes, images, problems };
};
