import { createHash } from 'node:crypto';
import { type DetectionDataset, findLayout, openDataset } from '@detrain/data';
import type { ResolvedConfig } from '../config/resolve.ts';
import { userError } from '../errors.ts';

/** The splits of a run. */
export interface RunData {
  readonly train: DetectionDataset;
  readonly val: DetectionDataset;
  /** Things a user should know and need not act on. */
  readonly remarks: readonly string[];
}

type DataOptions = Pick<ResolvedConfig, 'data' | 'onProblem'>;

const options = ({ data, onProblem }: DataOptions) => ({ onProblem, ...(data.format ? { format: data.format } : {}) });

const pathOf = ({ data }: DataOptions): string => {
  if (data.path === undefined)
    throw userError("No data. Say where it is: detrain train --data DIR, or data: { path: 'DIR' } in the config.");
  return data.path;
};

/** Opens one split. Throws with the layouts or the splits that there are. */
export const openSplit = (config: DataOptions, split: string): Promise<DetectionDataset> =>
  openDataset(pathOf(config), { ...options(config), split });

/** Opens what a run trains on and what it is evaluated on: `val`, or the next best thing, which is said in the remarks. */
export const openRunData = async (config: DataOptions): Promise<RunData> => {
  const layout = await findLayout(pathOf(config), config.data.format);
  const names = layout.splits.map(({ name }) => name);
  const remarks: string[] = [];
  const only = names.length === 1 ? names[0] : undefined;
  const train = await openSplit(config, config.data.train ?? only ?? 'train');
  const open = async (): Promise<DetectionDataset> => {
    if (config.data.val !== undefined) return openSplit(config, config.data.val);
    const others = names.filter((name) => name !== train.split);
    const found = ['val', 'test'].flatMap((role) => others.filter((name) => name.startsWith(role)))[0];
    if (found === undefined) {
      remarks.push(
        'There is no split to evaluate on: the images of training are used, so AP says how well they are remembered.',
      );
      return train;
    }
    if (!found.startsWith('val'))
      remarks.push(`There is no val split: ${found} is used, and then says nothing about unseen images any more.`);
    return openSplit(config, found);
  };
  const val = await open();
  if (val.classes.join('\n') !== train.classes.join('\n'))
    throw userError(
      `The splits have different classes: ${train.split} has ${train.classes.join(', ')}; ${val.split} has ${val.classes.join(', ')}. ` +
        'Both must list the same classes in the same order.',
    );
  for (const { problems, split } of new Set([train, val])) {
    if (problems.length > 0)
      remarks.push(
        `${problems.length} problem${problems.length > 1 ? 's' : ''} in ${split} put right or left out (detrain data check ${config.data.path} lists them).`,
      );
  }
  return { train, val, remarks };
};

/** A hash of what a split says: image names, sizes, boxes and labels. Pixels are left out, reading them all would take long. */
export const dataHash = (dataset: DetectionDataset): string => {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([dataset.classes, dataset.categoryIds]));
  for (let i = 0; i < dataset.length; i++) {
    const { id, width, height, boxes, labels } = dataset.annotations(i);
    hash.update(JSON.stringify([id, width, height, [...boxes], [...labels]]));
  }
  return hash.digest('hex').slice(0, 16);
};
