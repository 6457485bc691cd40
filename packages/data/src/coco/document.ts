import type { ClassRecord, FederatedImage, ObjectRecord, Problem } from '../types.ts';

/** An entry of one of a COCO document's lists. */
export type Entry = Readonly<Record<string, unknown>>;

/** Takes a finding; the file is known to the taker. */
export type Report = (problem: Omit<Problem, 'file'>) => void;

/** An image as the document lists it. */
export interface ImageEntry {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly federated?: FederatedImage;
}

/** The objects among the items of a list; nothing where it is no list. */
export const entriesOf = (value: unknown): readonly Entry[] =>
  Array.isArray(value) ? value.filter((item): item is Entry => typeof item === 'object' && item !== null) : [];

/** The categories, in the order of their ids: contiguous classes. */
export const readCategories = (entries: readonly Entry[], report: Report): ClassRecord[] => {
  const categories = new Map<number, ClassRecord>();
  for (const { id, name, frequency } of entries) {
    const number = typeof id === 'number' ? id : Number.NaN;
    if (!Number.isInteger(number))
      report({
        severity: 'error',
        kind: 'category-id',
        field: 'categories.id',
        value: String(id),
        fix: 'give the category a whole number',
        repair: 'the category is left out',
      });
    else if (categories.has(number))
      report({
        severity: 'error',
        kind: 'category-duplicate',
        field: `category ${number}`,
        value: String(name),
        fix: 'give each category its own id',
        repair: 'the first one counts',
      });
    else
      categories.set(number, {
        id: number,
        name: String(name ?? number),
        ...(frequency === 'r' || frequency === 'c' || frequency === 'f' ? { frequency } : {}),
      });
  }
  return [...categories.values()].sort((a, b) => a.id - b.id);
};

const positive = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

const numbers = (value: unknown): number[] | null =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'number') : null;

/** LVIS's lists of an image; nothing where the file is not LVIS's. */
const federatedOf = ({ neg_category_ids, not_exhaustive_category_ids }: Entry): { federated?: FederatedImage } => {
  const [negative, partial] = [numbers(neg_category_ids), numbers(not_exhaustive_category_ids)];
  if (!negative || !partial) return {};
  return { federated: { neg_category_ids: negative, not_exhaustive_category_ids: partial } };
};

/** LVIS names no files, but where COCO has them: `http://…/val2017/000000397133.jpg` is `val2017/000000397133.jpg`. */
const nameIn = ({ file_name, coco_url }: Entry): unknown =>
  file_name === undefined && typeof coco_url === 'string' ? coco_url.split('/').slice(-2).join('/') : file_name;

/** The images, each id once. */
export const readImages = (entries: readonly Entry[], report: Report): ImageEntry[] => {
  const images = new Map<number, ImageEntry>();
  const names = new Map<string, number>();
  for (const entry of entries) {
    const { id, width, height } = entry;
    const file_name = nameIn(entry);
    const field = `image ${id}`;
    if (typeof id !== 'number' || typeof file_name !== 'string' || file_name === '') {
      report({
        severity: 'error',
        kind: 'image-id',
        field,
        value: `id ${id}, file_name ${file_name}`,
        fix: 'give the image a number and a file name',
        repair: 'the image is left out',
      });
      continue;
    }
    if (images.has(id)) {
      report({
        severity: 'error',
        kind: 'image-duplicate-id',
        field,
        value: file_name,
        fix: 'give each image its own id',
        repair: 'the first one counts',
      });
      continue;
    }
    const twin = names.get(file_name);
    if (twin !== undefined)
      report({
        severity: 'warning',
        kind: 'image-duplicate-name',
        field,
        value: `${file_name} is image ${twin} as well`,
        fix: 'list each file once',
      });
    names.set(file_name, id);
    images.set(id, { id, name: file_name, width: positive(width), height: positive(height), ...federatedOf(entry) });
  }
  return [...images.values()];
};

const idsInWords = (categories: readonly ClassRecord[]): string => {
  const ids = categories.map(({ id }) => id);
  return ids.length > 12 ? `${ids.slice(0, 12).join(', ')}, …` : ids.join(', ') || 'the categories (there are none)';
};

/** The objects by image id. */
export const readObjects = (
  entries: readonly Entry[],
  images: readonly ImageEntry[],
  categories: readonly ClassRecord[],
  report: Report,
): ReadonlyMap<number, readonly ObjectRecord[]> => {
  const labels = new Map(categories.map(({ id }, label) => [id, label]));
  const objects = new Map<number, ObjectRecord[]>(images.map(({ id }) => [id, []]));
  const seen = new Set<unknown>();
  entries.forEach(({ id, image_id, category_id, bbox, area, iscrowd }, i) => {
    const field = id === undefined ? `entry ${i + 1}` : `annotation ${id}`;
    const error = (kind: string, value: string, fix: string, repair: string) =>
      report({ severity: 'error', kind, field, value, fix, repair });
    const again = id !== undefined && seen.has(id);
    if (again)
      error('annotation-duplicate-id', String(id), 'give each annotation its own id', 'both are kept under new ids');
    seen.add(id);
    const list = objects.get(image_id as number);
    if (!list) {
      const fix = 'add the image to "images" or remove the annotation';
      error('image-unknown', `image_id ${image_id}`, fix, 'the annotation is left out');
      return;
    }
    const label = labels.get(category_id as number) ?? -1;
    if (label < 0) {
      const fix = `use one of ${idsInWords(categories)}, or add the category`;
      error('category-unknown', `category_id ${category_id}`, fix, 'the annotation is left out');
    }
    if (!Array.isArray(bbox) || bbox.length !== 4) {
      const value = JSON.stringify(bbox) ?? 'no bbox';
      error('box-malformed', value, 'give bbox as [x, y, width, height]', 'the annotation is left out');
      return;
    }
    const box = bbox.map((value) => (typeof value === 'number' ? value : Number.NaN));
    list.push({
      label,
      box: box as unknown as ObjectRecord['box'],
      crowd: iscrowd === 1 || iscrowd === true,
      ...(typeof area === 'number' ? { area } : {}),
      ...(typeof id === 'number' && !again ? { id } : {}),
      place: typeof id === 'number' ? id : i + 1,
    });
  });
  return objects;
};
