import path from 'node:path';
import { foldersIn, isFile, isFolder } from '../files.ts';

/** An annotation file and the split and data set that it belongs to. */
export interface Located {
  readonly json: string;
  readonly split: string;
  readonly root: string;
}

/** Images looked for to tell which folder holds them. */
const SAMPLE = 50;

/** The folder in which most of the first images lie. */
export const imageFolder = ({ json, split, root }: Located, names: readonly string[]): string => {
  const bare = split.replace(/[-_]?\d{4}$/, '');
  const under = [root, path.join(root, 'images'), path.join(root, 'data'), path.join(root, 'JPEGImages')];
  const candidates = [
    ...under.flatMap((folder) => [path.join(folder, split), path.join(folder, bare)]),
    path.dirname(json),
    ...under,
    path.join(path.dirname(json), 'images'),
    ...foldersIn(root).map((name) => path.join(root, name)),
  ].filter((folder, i, all) => all.indexOf(folder) === i && isFolder(folder));
  const sample = names.slice(0, SAMPLE);
  let best = candidates[0] ?? root;
  let hits = -1;
  for (const folder of candidates) {
    const count = sample.filter((name) => isFile(path.join(folder, name))).length;
    if (count > hits) [best, hits] = [folder, count];
    if (hits === sample.length) break;
  }
  return best;
};
