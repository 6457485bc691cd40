import { checkClasses } from '../classes.ts';
import { pickSplit } from '../layout.ts';
import { findLayout } from '../open.ts';
import type { Format, Index, Problem } from '../types.ts';
import { checkBoxes } from './boxes.ts';
import { checkFiles } from './files.ts';
import { checkImages } from './images.ts';

export interface CheckOptions {
  /** One split only; all where absent. */
  readonly split?: string;
  readonly format?: Format;
  /** Decodes every image (true); otherwise only headers and the ends of files are looked at. */
  readonly decode?: boolean;
}

/** Findings that already say why there are no objects. */
const EXPLAINS = [
  'annotations-empty',
  'json-invalid',
  'xml-invalid',
  'yaml-invalid',
  'key-missing',
  'annotation-missing',
];

const isEmpty = (index: Index): Problem[] => {
  const reported = index.problems.some(({ kind }) => EXPLAINS.includes(kind));
  const objects = index.images.reduce((sum, image) => sum + image.objects.length, 0);
  if (objects > 0 || reported) return [];
  const value = `${index.images.length} images, no objects`;
  return [
    {
      severity: 'error',
      kind: 'split-without-objects',
      file: '.',
      field: `split ${index.split}`,
      value,
      fix: 'check that the labels lie where this layout has them',
    },
  ];
};

/**
 * Looks for everything that is wrong with a data set, all at once and file by file: the annotation files, ids and
 * categories, boxes, image files, and files without their counterpart. An empty list means nothing was found.
 *
 * @throws where no data set is found
 */
export const checkDataset = async (
  target: string,
  { split, format, decode = true }: CheckOptions = {},
): Promise<readonly Problem[]> => {
  const layout = await findLayout(target, format);
  const chosen =
    split === undefined ? layout.splits : [pickSplit(layout.splits, split)].filter((found) => found !== undefined);
  const indices: Index[] = [];
  const problems: Problem[] = [];
  const looked = new Set<string>();
  for (const source of chosen) {
    const index = await source.read();
    indices.push(index);
    // Splits may share images (trainval): each is looked at once.
    const fresh = {
      ...index,
      images: index.images.filter(({ file, source: xml, id }) => !looked.has(`${file}|${xml}|${id}`)),
    };
    for (const { file, source: xml, id } of fresh.images) looked.add(`${file}|${xml}|${id}`);
    problems.push(...index.problems, ...isEmpty(index), ...checkBoxes(fresh));
    problems.push(...(await checkImages(fresh, decode)).problems);
  }
  if (split === undefined) problems.push(...checkClasses(indices), ...checkFiles(indices));
  const key = (problem: Problem) => JSON.stringify([problem.kind, problem.file, problem.field, problem.value]);
  const distinct = [
    ...new Map([...(layout.remarks ?? []), ...problems].map((problem) => [key(problem), problem])).values(),
  ];
  const rank = { error: 0, warning: 1 } as const;
  const order = (a: Problem, b: Problem) =>
    rank[a.severity] - rank[b.severity] || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  return distinct.sort(order);
};
