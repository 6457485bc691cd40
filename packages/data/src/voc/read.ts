import path from 'node:path';
import { imagesIn, isFile, stem } from '../files.ts';
import type { ImageRecord, Index, ObjectRecord, Problem } from '../types.ts';
import type { SharedXml } from './xml.ts';

/** Where a VOC data set's parts lie. */
export interface VocFolders {
  readonly root: string;
  /** Folders that hold the XML files and, in the same order, those that hold their images. */
  readonly annotations: string;
  readonly images: string;
}

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

/** Reads the annotations that a split lists; what is wrong with them goes into the index. */
export const readVoc = async (
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
