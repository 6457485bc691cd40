import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { filesIn, foldersIn, imagesIn, isFile, isFolder, isImageName, mapLimit, stem } from './files.ts';
import type { Layout, SplitSource } from './layout.ts';
import type { ImageRecord, Index, ObjectRecord, Problem } from './types.ts';

interface YoloSplit {
  readonly name: string;
  /** Absolute paths of the images. */
  readonly images: readonly string[];
}
interface YoloSet {
  readonly root: string;
  readonly splits: readonly YoloSplit[];
  /** Class names, where a file gives them. */
  readonly names: readonly string[] | null;
  /** The file that names the classes, relative to the root. */
  readonly namesFile: string;
  readonly remarks: readonly Problem[];
}

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

const withPaths = (folder: string): string[] => [
  ...imagesIn(folder).map((name) => path.join(folder, name)),
  ...foldersIn(folder).flatMap((name) => withPaths(path.join(folder, name))),
];

/** Images of one `train:` entry: a folder, a list file, or an image. */
const imagesOf = (entry: string, bases: readonly string[]): string[] => {
  // Exports often write ../train/images although the folder lies beside the yaml.
  const spellings = [entry, entry.replace(/^(\.\.[\\/])+/, ''), entry.replace(/^\.[\\/]/, '')];
  for (const spelling of spellings)
    for (const base of bases) {
      const target = path.resolve(base, spelling);
      if (isFolder(target)) {
        const inner = path.join(target, 'images');
        return withPaths(imagesIn(target).length === 0 && isFolder(inner) ? inner : target);
      }
      if (isFile(target) && isImageName(target)) return [target];
      if (isFile(target)) {
        const lines = readFileSync(target, 'utf8')
          .split(/\r?\n/)
          .map((line) => line.trim());
        return lines.filter(Boolean).map((line) => path.resolve(path.dirname(target), line));
      }
    }
  return [];
};

const strings = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];

/** Names as a list or as `{0: person, 1: …}`. */
const namesOf = (value: unknown): string[] | null => {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return null;
  const names: string[] = [];
  for (const [id, name] of Object.entries(value)) if (/^\d+$/.test(id)) names[Number(id)] = String(name);
  return Array.from(names, (name, id) => name ?? `class ${id}`);
};

const fromYaml = (file: string): YoloSet | null => {
  const folder = path.dirname(file);
  const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true });
  const value: unknown = document.errors.length > 0 ? null : document.toJS();
  const remarks: Problem[] = document.errors.map((error) => ({
    severity: 'error',
    kind: 'yaml-invalid',
    file: path.basename(file),
    field: error.linePos ? `line ${error.linePos[0].line}, column ${error.linePos[0].col}` : 'file',
    value: error.message.split('\n')[0]!,
    fix: 'correct the file',
  }));
  if (typeof value !== 'object' || value === null) {
    return remarks.length > 0
      ? { root: folder, splits: [{ name: 'all', images: [] }], names: null, namesFile: path.basename(file), remarks }
      : null;
  }
  const entries = value as Record<string, unknown>;
  const names = namesOf(entries['names']);
  const keys = ['train', 'val', 'valid', 'test'].filter((key) => strings(entries[key]).length > 0);
  if (!names || keys.length === 0) return null;
  const declared = typeof entries['path'] === 'string' ? entries['path'] : '';
  const bases = [path.resolve(folder, declared), path.resolve(folder, path.basename(declared)), folder].filter(
    existsSync,
  );
  const splits = keys.map((name) => ({
    name,
    images: strings(entries[name]).flatMap((entry) => imagesOf(entry, bases)),
  }));
  for (const { name, images } of splits)
    if (images.length === 0)
      remarks.push({
        severity: 'warning',
        kind: 'split-empty',
        file: path.basename(file),
        field: name,
        value: JSON.stringify(entries[name]),
        fix: 'point it to a folder of images',
      });
  return {
    root: folder,
    splits: splits.filter(({ images }) => images.length > 0),
    names,
    namesFile: path.basename(file),
    remarks,
  };
};

const fromFolders = (root: string): YoloSet | null => {
  const labelled = (folder: string) => withPaths(folder).some((image) => isFile(labelFileOf(image)));
  const splits: YoloSplit[] = [];
  const images = path.join(root, 'images');
  if (isFolder(path.join(root, 'labels')) && isFolder(images)) {
    for (const name of foldersIn(images)) splits.push({ name, images: withPaths(path.join(images, name)) });
    if (imagesIn(images).length > 0)
      splits.push({ name: 'all', images: imagesIn(images).map((name) => path.join(images, name)) });
  } else {
    for (const name of foldersIn(root)) {
      const folder = path.join(root, name, 'images');
      if (isFolder(folder) && isFolder(path.join(root, name, 'labels')))
        splits.push({ name, images: withPaths(folder) });
    }
    if (splits.length === 0 && imagesIn(root).length > 0 && labelled(root))
      splits.push({ name: 'all', images: imagesIn(root).map((name) => path.join(root, name)) });
  }
  const filled = splits.filter((split) => split.images.length > 0);
  if (filled.length === 0) return null;
  const namesFile = ['classes.txt', 'obj.names', 'labels.txt', 'names.txt', 'labels/classes.txt'].find((name) =>
    isFile(path.join(root, name)),
  );
  const names = namesFile
    ? readFileSync(path.join(root, namesFile), 'utf8')
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter(Boolean)
    : null;
  return { root, splits: filled, names, namesFile: namesFile ?? 'classes.txt', remarks: [] };
};

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

type Line = { readonly object: ObjectRecord } | { readonly problem: Omit<Problem, 'file' | 'field' | 'severity'> };

/** One line: `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 …`, a polygon, whose hull is the box. */
const parseLine = (line: string, place: number, classes: readonly string[]): Line => {
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
  if (!polygon) return { object: { label, box: numbers.slice(1) as unknown as ObjectRecord['box'], crowd: false, place } };
  const xs = numbers.filter((_, i) => i % 2 === 1);
  const ys = numbers.filter((_, i) => i > 0 && i % 2 === 0);
  const [x1, x2, y1, y2] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { object: { label, box: [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], crowd: false, place } };
};

const readYolo = async (set: YoloSet, split: YoloSplit, classes: readonly string[]): Promise<Index> => {
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
    const id = path.relative(root, image).replace(/\.[^.]*$/, '');
    return {
      id: stem(image) || id,
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
