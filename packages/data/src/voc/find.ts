import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesIn, foldersIn, imagesIn, stem } from '../files.ts';
import type { Layout, SplitSource } from '../layout.ts';
import { readVoc, type VocFolders } from './read.ts';
import { type SharedXml, shareXml } from './xml.ts';

const holdsXml = (folder: string): boolean => filesIn(folder).some((name) => name.toLowerCase().endsWith('.xml'));

const findFolders = (root: string): VocFolders | null => {
  const annotations = path.join(root, 'Annotations');
  if (!holdsXml(annotations)) return null;
  const images = ['JPEGImages', 'Images', 'images', 'imgs', '.'].map((name) => path.join(root, name));
  return { root, annotations, images: images.find((folder) => imagesIn(folder).length > 0) ?? images[0]! };
};

/** Split lists of ImageSets/Main: those of one class (`cat_train.txt`, two columns) left out. */
const findLists = async (root: string): Promise<{ name: string; ids: string[] }[]> => {
  const lists: { name: string; ids: string[] }[] = [];
  const folder = [path.join(root, 'ImageSets', 'Main'), path.join(root, 'ImageSets')].find((dir) =>
    filesIn(dir).some((name) => name.endsWith('.txt')),
  );
  if (!folder) return lists;
  for (const name of filesIn(folder).filter((file) => file.endsWith('.txt'))) {
    const lines = (await readFile(path.join(folder, name), 'utf8')).split(/\r?\n/).map((line) => line.trim());
    const ids = lines.filter((line) => line !== '');
    if (!ids.some((line) => /\s+-?\d+$/.test(line))) lists.push({ name: stem(name), ids: ids.map(stemOfListed) });
  }
  return lists;
};

/** A list's entry names an image, at times with its ending. */
const stemOfListed = (line: string): string => (/\.(jpe?g|png|bmp|xml)$/i.test(line) ? stem(line) : line);

/** Finds a VOC data set in a folder, or up to two folders down (VOCdevkit/VOC2007); or XML files beside their images. */
export const findVoc = async (target: string): Promise<Layout | null> => {
  const below = foldersIn(target).map((name) => path.join(target, name));
  const roots = [
    target,
    ...below,
    ...below.flatMap((folder) => foldersIn(folder).map((name) => path.join(folder, name))),
  ];
  for (const root of roots) {
    const folders = findFolders(root);
    if (!folders) continue;
    const shared = shareXml([folders.annotations]);
    const lists = await findLists(root);
    const all = () =>
      filesIn(folders.annotations)
        .filter((name) => /\.xml$/i.test(name))
        .map(stem);
    const named = lists.length > 0 ? lists : [{ name: 'all', ids: all() }];
    return { format: 'voc', root, splits: named.map(({ name, ids }) => source(folders, name, ids, shared)) };
  }
  // LabelImg and Roboflow put XML files beside the images, one folder a split.
  for (const root of [target, ...below]) {
    const splits = foldersIn(root).filter((name) => holdsXml(path.join(root, name)));
    const folders = splits.length > 0 ? splits : holdsXml(root) ? ['.'] : [];
    if (folders.length === 0) continue;
    const shared = shareXml(folders.map((name) => path.join(root, name)));
    const sources = folders.map((name) => {
      const folder = path.join(root, name);
      const ids = filesIn(folder)
        .filter((file) => /\.xml$/i.test(file))
        .map(stem);
      const images =
        imagesIn(folder).length === 0 && imagesIn(path.join(root, 'images')).length > 0
          ? path.join(root, 'images')
          : folder;
      return source({ root, annotations: folder, images }, name === '.' ? 'all' : name, ids, shared);
    });
    return { format: 'voc', root, splits: sources };
  }
  return null;
};

const source = (folders: VocFolders, name: string, ids: readonly string[], shared: SharedXml): SplitSource => ({
  name,
  read: () => readVoc(folders, name, ids, shared),
});
