import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesIn, foldersIn, isFile, isFolder, stem } from './files.ts';
import { parseJson } from './json.ts';
import type { Layout, SplitSource } from './layout.ts';
import type { ImageRecord, Index, ObjectRecord, Problem } from './types.ts';

interface Located {
  readonly json: string;
  readonly split: string;
  readonly root: string;
}

/** Annotation files of COCO that hold no boxes, or not those of this task. */
const OTHER_TASKS = /^(captions|person_keypoints|panoptic|stuff|image_info)/;

const splitName = (json: string): string => {
  const name = stem(json)
    .replace(/^instances[_-]?/, '')
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

/** The folder in which most of the first images lie. */
const imageFolder = ({ json, split, root }: Located, names: readonly string[]): string => {
  const bare = split.replace(/[-_]?\d{4}$/, '');
  const under = [root, path.join(root, 'images'), path.join(root, 'data'), path.join(root, 'JPEGImages')];
  const candidates = [
    ...under.flatMap((folder) => [path.join(folder, split), path.join(folder, bare)]),
    path.dirname(json),
    ...under,
    path.join(path.dirname(json), 'images'),
    ...foldersIn(root).map((name) => path.join(root, name)),
  ].filter((folder, i, all) => all.indexOf(folder) === i && isFolder(folder));
  const sample = names.slice(0, 50);
  let best = candidates[0] ?? root;
  let hits = -1;
  for (const folder of candidates) {
    const count = sample.filter((name) => isFile(path.join(folder, name))).length;
    if (count > hits) [best, hits] = [folder, count];
    if (hits === sample.length) break;
  }
  return best;
};

type Json = Readonly<Record<string, unknown>>;
const listOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((item): item is Json => typeof item === 'object' && item !== null) : [];

/** Reads one COCO file; findings go to `problems`, nothing throws but unreadable files. */
const readCoco = async (located: Located): Promise<Index> => {
  const { json, split, root } = located;
  const file = path.relative(root, json);
  const problems: Problem[] = [];
  const report = (problem: Omit<Problem, 'file'>) => problems.push({ file, ...problem });
  const empty: Index = { format: 'coco', root, split, classes: [], images: [], problems };
  const text = await readFile(json, 'utf8');
  if (text.trim() === '') {
    report({
      severity: 'error',
      kind: 'annotations-empty',
      value: 'an empty file',
      fix: 'export the annotations again',
    });
    return empty;
  }
  const parsed = parseJson(text);
  if (parsed.error) {
    const { message, line, column } = parsed.error;
    report({
      severity: 'error',
      kind: 'json-invalid',
      field: `line ${line}, column ${column}`,
      value: message,
      fix: 'correct the file, or export it again',
    });
    return empty;
  }
  const document = (typeof parsed.value === 'object' && parsed.value !== null ? parsed.value : {}) as Json;
  for (const key of ['images', 'annotations', 'categories'])
    if (!Array.isArray(document[key]))
      report({
        severity: 'error',
        kind: 'key-missing',
        field: key,
        value: typeof document[key],
        fix: `a COCO file has a list "${key}"`,
      });

  const categories = new Map<number, string>();
  for (const category of listOf(document['categories'])) {
    const id = Number(category['id']);
    if (!Number.isInteger(id))
      report({
        severity: 'error',
        kind: 'category-id',
        field: 'categories.id',
        value: String(category['id']),
        fix: 'give the category a whole number',
        repair: 'the category is left out',
      });
    else if (categories.has(id))
      report({
        severity: 'error',
        kind: 'category-duplicate',
        field: `category ${id}`,
        value: String(category['name']),
        fix: 'give each category its own id',
        repair: 'the first one counts',
      });
    else categories.set(id, String(category['name'] ?? id));
  }
  const classes = [...categories].map(([id, name]) => ({ id, name })).sort((a, b) => a.id - b.id);
  const labelOf = new Map(classes.map(({ id }, label) => [id, label]));

  const objects = new Map<number, ObjectRecord[]>();
  const infos = listOf(document['images']);
  const folder = imageFolder(
    located,
    infos.map((info) => String(info['file_name'])),
  );
  const names = new Map<string, number>();
  const kept: { id: number; name: string; width: number; height: number }[] = [];
  for (const info of infos) {
    const id = Number(info['id']);
    const name = String(info['file_name'] ?? '');
    const field = `image ${info['id']}`;
    if (!Number.isFinite(id) || info['id'] === null || name === '') {
      report({
        severity: 'error',
        kind: 'image-id',
        field,
        value: `id ${info['id']}, file_name ${info['file_name']}`,
        fix: 'give the image a number and a file name',
        repair: 'the image is left out',
      });
      continue;
    }
    if (objects.has(id)) {
      report({
        severity: 'error',
        kind: 'image-duplicate-id',
        field,
        value: name,
        fix: 'give each image its own id',
        repair: 'the first one counts',
      });
      continue;
    }
    const twin = names.get(name);
    if (twin !== undefined)
      report({
        severity: 'warning',
        kind: 'image-duplicate-name',
        field,
        value: `${name} is image ${twin} as well`,
        fix: 'list each file once',
      });
    names.set(name, id);
    objects.set(id, []);
    const size = (key: string) => (Number.isFinite(Number(info[key])) ? Math.max(0, Number(info[key])) : 0);
    kept.push({ id, name, width: size('width'), height: size('height') });
  }

  const seen = new Set<unknown>();
  for (const annotation of listOf(document['annotations'])) {
    const id = annotation['id'];
    const field = `annotation ${id}`;
    if (id !== undefined && seen.has(id))
      report({
        severity: 'error',
        kind: 'annotation-duplicate-id',
        field,
        value: String(id),
        fix: 'give each annotation its own id',
        repair: 'both are kept under new ids',
      });
    const again = seen.has(id);
    seen.add(id);
    const list = objects.get(Number(annotation['image_id']));
    if (!list) {
      report({
        severity: 'error',
        kind: 'image-unknown',
        field,
        value: `image_id ${annotation['image_id']}`,
        fix: 'add the image to "images" or remove the annotation',
        repair: 'the annotation is left out',
      });
      continue;
    }
    const label = labelOf.get(Number(annotation['category_id'])) ?? -1;
    if (label < 0)
      report({
        severity: 'error',
        kind: 'category-unknown',
        field,
        value: `category_id ${annotation['category_id']}`,
        fix: `use one of ${describeIds(classes)}, or add the category`,
        repair: 'the annotation is left out',
      });
    const bbox = annotation['bbox'];
    const box = Array.isArray(bbox) ? bbox.map((v) => (typeof v === 'number' ? v : Number.NaN)) : [];
    if (box.length !== 4) {
      report({
        severity: 'error',
        kind: 'box-malformed',
        field,
        value: JSON.stringify(bbox) ?? 'no bbox',
        fix: 'give bbox as [x, y, width, height]',
        repair: 'the annotation is left out',
      });
      continue;
    }
    const area = annotation['area'];
    list.push({
      label,
      box: box as unknown as ObjectRecord['box'],
      crowd: annotation['iscrowd'] === 1 || annotation['iscrowd'] === true,
      ...(typeof area === 'number' ? { area } : {}),
      ...(typeof id === 'number' && !again ? { id } : {}),
      place: typeof id === 'number' ? id : seen.size,
    });
  }
  if (parsed.notFinite > 0)
    report({
      severity: 'error',
      kind: 'number-not-finite',
      value: `${parsed.notFinite} NaN or Infinity`,
      fix: 'write finite numbers: these are no JSON',
      repair: 'read as missing; boxes with them are left out',
    });

  const images = kept.map(({ id, name, width, height }): ImageRecord => {
    const image = path.join(folder, name);
    return {
      id: String(id),
      imageId: id,
      file: image,
      source: json,
      width,
      height,
      unit: 'pixel',
      objects: objects.get(id)!,
    };
  });
  return { ...empty, classes, images };
};

const describeIds = (classes: readonly { readonly id: number }[]): string => {
  const ids = classes.map(({ id }) => id);
  return ids.length > 12 ? `${ids.slice(0, 12).join(', ')}, …` : ids.join(', ') || 'the categories (there are none)';
};
