import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { foldersIn, imagesIn, isFile, isFolder, isImageName } from '../files.ts';
import type { Problem } from '../types.ts';
import { labelFileOf } from './labels.ts';

export interface YoloSplit {
  readonly name: string;
  /** Absolute paths of the images. */
  readonly images: readonly string[];
}
export interface YoloSet {
  readonly root: string;
  readonly splits: readonly YoloSplit[];
  /** Class names, where a file gives them. */
  readonly names: readonly string[] | null;
  /** The file that names the classes, relative to the root. */
  readonly namesFile: string;
  readonly remarks: readonly Problem[];
}

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

export const fromYaml = (file: string): YoloSet | null => {
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

export const fromFolders = (root: string): YoloSet | null => {
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
