import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const IMAGE = /\.(jpe?g|png|webp|bmp|tiff?|gif|avif)$/i;

/** Whether a file's name ends as an image's does. */
export const isImageName = (name: string): boolean => IMAGE.test(name);

/** Whether a path is a folder. */
export const isFolder = (file: string): boolean => existsSync(file) && statSync(file).isDirectory();

/** Whether a path is a file. */
export const isFile = (file: string): boolean => existsSync(file) && statSync(file).isFile();

const entries = (folder: string): Dirent[] => (isFolder(folder) ? readdirSync(folder, { withFileTypes: true }) : []);

const visible = (name: string): boolean => !name.startsWith('.') && name !== '__MACOSX';

/** Names of the folders in a folder, sorted; hidden ones left out. */
export const foldersIn = (folder: string): string[] =>
  entries(folder)
    .filter((e) => visible(e.name) && (e.isDirectory() || (e.isSymbolicLink() && isFolder(path.join(folder, e.name)))))
    .map((e) => e.name)
    .sort();

/** Names of the files in a folder, sorted; hidden ones left out. */
export const filesIn = (folder: string): string[] =>
  entries(folder)
    .filter((e) => visible(e.name) && (e.isFile() || (e.isSymbolicLink() && isFile(path.join(folder, e.name)))))
    .map((e) => e.name)
    .sort();

/** Names of the image files in a folder, sorted. */
export const imagesIn = (folder: string): string[] => filesIn(folder).filter(isImageName);

/** A file's name without folder and ending. */
export const stem = (file: string): string => path.basename(file, path.extname(file));

/** Runs `work` over items, at most `limit` at a time, keeping order. */
export const mapLimit = async <T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> => {
  const out = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      out[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return out;
};

/** The line and column, from 1, of an offset in a text. */
export const positionOf = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
};
