import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { filesIn, foldersIn, imagesIn, isFile, mapLimit, stem } from './files.ts';
import type { Layout, SplitSource } from './layout.ts';
import type { ImageRecord, Index, ObjectRecord, Problem } from './types.ts';

/** Where a VOC data set's parts lie. */
interface VocFolders {
  readonly root: string;
  /** Folders that hold the XML files and, in the same order, those that hold their images. */
  readonly annotations: string;
  readonly images: string;
}

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

interface VocObject {
  readonly name: string;
  readonly numbers: readonly [number, number, number, number];
}
interface VocFile {
  readonly filename: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly VocObject[];
  readonly problem?: Omit<Problem, 'file'>;
}

const parser = new XMLParser({
  processEntities: false,
  parseTagValue: false,
  isArray: (name, jpath) => name === 'object' && jpath === 'annotation.object',
});
const text = (node: unknown): string => (typeof node === 'string' ? node.trim() : '');
const numberIn = (node: unknown): number => {
  const found = text(node);
  return found === '' ? Number.NaN : Number(found);
};
const child = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined;

const parseVoc = (xml: string): VocFile => {
  const nothing = { filename: '', width: 0, height: 0, objects: [] };
  if (xml.trim() === '')
    return {
      ...nothing,
      problem: {
        severity: 'error',
        kind: 'annotations-empty',
        value: 'an empty file',
        fix: 'export the annotation again',
        repair: 'the image is left out',
      },
    };
  const valid = XMLValidator.validate(xml);
  const root = valid === true ? parser.parse(xml) : undefined;
  const annotation = child(root, 'annotation');
  if (valid !== true || annotation === undefined) {
    const where = valid === true ? {} : { field: `line ${valid.err.line}, column ${valid.err.col}` };
    const value = valid === true ? 'no <annotation>' : valid.err.msg;
    return {
      ...nothing,
      problem: {
        severity: 'error',
        kind: 'xml-invalid',
        ...where,
        value,
        fix: 'correct the file, or export it again',
        repair: 'the image is left out',
      },
    };
  }
  const size = child(annotation, 'size');
  const positive = (value: number) => (Number.isFinite(value) && value > 0 ? value : 0);
  const list = child(annotation, 'object');
  const objects = (Array.isArray(list) ? list : []).map((object): VocObject => {
    const box = child(object, 'bndbox');
    const side = (key: string) => numberIn(child(box, key));
    return { name: text(child(object, 'name')), numbers: [side('xmin'), side('ymin'), side('xmax'), side('ymax')] };
  });
  return {
    filename: text(child(annotation, 'filename')),
    width: positive(numberIn(child(size, 'width'))),
    height: positive(numberIn(child(size, 'height'))),
    objects,
  };
};

interface SharedXml {
  load(): Promise<{ readonly files: ReadonlyMap<string, VocFile>; readonly classes: readonly string[] }>;
}

/** All XML files of a data set, read once: the classes of every split are those of all files, in the order of names. */
const shareXml = (folders: readonly string[]): SharedXml => {
  let loading: ReturnType<SharedXml['load']> | undefined;
  const load = async () => {
    const paths = folders.flatMap((folder) =>
      filesIn(folder)
        .filter((name) => /\.xml$/i.test(name))
        .map((name) => path.join(folder, name)),
    );
    const parsed = await mapLimit(paths, 32, async (file) => parseVoc(await readFile(file, 'utf8')));
    const files = new Map(paths.map((file, i) => [file, parsed[i]!]));
    const classes = new Set(parsed.flatMap((file) => file.objects.map((object) => object.name)));
    classes.delete('');
    return { files, classes: [...classes].sort() };
  };
  return { load: () => (loading ??= load()) };
};

/** The image of an annotation: by the XML's own stem, else by its `filename`, with or without an ending. */
const imageFinder = (folder: string) => {
  const byStem = new Map(imagesIn(folder).map((name) => [stem(name), path.join(folder, name)]));
  return (id: string, filename: string): string => {
    const found = byStem.get(id) ?? byStem.get(stem(filename)) ?? byStem.get(filename);
    if (found) return found;
    const bare = [id, filename]
      .map((name) => path.join(folder, name))
      .find((file) => isFile(file) && !/\.xml$/i.test(file));
    return bare ?? '';
  };
};

const readVoc = async (
  folders: VocFolders,
  split: string,
  ids: readonly string[],
  shared: SharedXml,
): Promise<Index> => {
  const { root, annotations } = folders;
  const problems: Problem[] = [];
  const { files, classes } = await shared.load();
  const imageOf = imageFinder(folders.images);
  const images: ImageRecord[] = [];
  const seen = new Set<string>();
  const found = new Map([...files.keys()].map((file) => [stem(file), file]));
  for (const id of ids) {
    const xml = path.join(annotations, `${id}.xml`);
    const file = path.relative(root, xml);
    const known = files.has(xml) ? xml : (found.get(id) ?? xml);
    const parsed = files.get(known);
    if (seen.has(id)) {
      problems.push({
        severity: 'error',
        kind: 'image-duplicate-id',
        file: `${split}.txt`,
        field: id,
        value: id,
        fix: 'list each image once',
        repair: 'the first one counts',
      });
      continue;
    }
    seen.add(id);
    if (!parsed) {
      const problem = {
        severity: 'error',
        kind: 'annotation-missing',
        file,
        field: `split ${split}`,
        value: id,
      } as const;
      problems.push({
        ...problem,
        fix: 'add the XML file or take the name off the list',
        repair: 'the image is left out',
      });
      continue;
    }
    if (parsed.problem) {
      problems.push({ file, ...parsed.problem });
      continue;
    }
    const objects = parsed.objects.map(({ name, numbers }, i): ObjectRecord => {
      const label = classes.indexOf(name);
      if (label < 0)
        problems.push({
          severity: 'error',
          kind: 'category-unknown',
          file,
          field: `object ${i + 1}`,
          value: 'no name',
          fix: 'name the object',
          repair: 'the object is left out',
        });
      // Pixels are counted from 1 and both ends belong to the box; xmax = xmin marks no area in practice.
      const [x1, y1, x2, y2] = numbers;
      const width = x2 > x1 ? x2 - x1 + 1 : x2 - x1;
      const height = y2 > y1 ? y2 - y1 + 1 : y2 - y1;
      return { label, box: [x1 - 1, y1 - 1, width, height], crowd: false, place: i + 1 };
    });
    const { width, height } = parsed;
    images.push({
      id,
      imageId: images.length + 1,
      file: imageOf(id, parsed.filename),
      source: known,
      width,
      height,
      unit: 'pixel',
      objects,
    });
  }
  return { format: 'voc', root, split, classes: classes.map((name, i) => ({ id: i + 1, name })), images, problems };
};
