import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createCase, type GoldenCase, readJson } from './case.ts';

/** Kinds of the flat layout (`NAME.meta.json` beside `NAME.safetensors`), by the first part of the name. */
const flatKind = (folder: string, name: string): string => {
  const first = name.split('_')[0] ?? '';
  return ['lsa', 'nms'].includes(first) ? `assign/${first}` : `assign/${path.basename(folder)}/${first}`;
};

type Found = (name: string, kind: string, meta: Readonly<Record<string, unknown>>, tensors?: string) => void;

/** COCO and LVIS layout: ground truth and detections, or a recipe to generate them. */
const findEvaluation = (folder: string, files: ReadonlySet<string>, found: Found) => {
  if (!files.has('stats.json')) return;
  const meta = readJson<Record<string, unknown>>(path.join(folder, 'stats.json'));
  if (!('stats' in meta || 'results' in meta)) return;
  const what = String(meta['what'] ?? '');
  const kind = /lvis/i.test(`${what} ${path.basename(path.dirname(folder))}`) ? 'lvis' : 'coco';
  if (files.has('gt.json') && files.has('dt.json')) found('', kind, meta, 'arrays.safetensors');
  else if ('tag' in meta) found('', `${kind}-synthetic`, meta);
};

/** Several configurations may share a file of keys. */
const nameOf = ({ repo, config }: Record<string, unknown>, file: string) =>
  typeof config === 'string' ? `${repo}/${config.replace(/\.ya?ml$/, '')}` : file.replace(/\.json$/, '');

/** One case a configuration: an index says which file holds its keys. */
const findKeys = (folder: string, files: ReadonlySet<string>, found: Found) => {
  for (const file of files) {
    if (!/^index_\w+\.json$/.test(file)) continue;
    const index = readJson<readonly Record<string, unknown>[]>(path.join(folder, file));
    if (!Array.isArray(index)) continue;
    for (const entry of index) {
      const keys = entry['keys_file'];
      if (typeof keys === 'string' && files.has(keys)) found(nameOf(entry, keys), 'keys', entry);
    }
  }
};

const walk = (root: string, folder: string, cases: GoldenCase[]): void => {
  const names = readdirSync(folder).sort();
  const files = new Set(names.filter((name) => statSync(path.join(folder, name)).isFile()));
  const place = path.relative(root, folder).split(path.sep).join('/');
  const found: Found = (name, kind, meta, tensors) => {
    const full = [place, name].filter(Boolean).join('/') || path.basename(folder);
    const file = tensors === undefined ? undefined : path.join(folder, tensors);
    cases.push(createCase({ name: full, kind, folder, meta }, file));
  };
  if (files.has('meta.json')) {
    const meta = readJson<Record<string, unknown>>(path.join(folder, 'meta.json'));
    found('', String(meta['kind'] ?? 'unknown'), meta, 'tensors.safetensors');
  } else {
    findEvaluation(folder, files, found);
    findKeys(folder, files, found);
  }
  for (const file of files) {
    if (!file.endsWith('.meta.json')) continue;
    const name = file.slice(0, -'.meta.json'.length);
    const meta = readJson<Record<string, unknown>>(path.join(folder, file));
    found(name, flatKind(folder, name), meta, `${name}.safetensors`);
  }
  for (const name of names) if (!files.has(name)) walk(root, path.join(folder, name), cases);
};

/** All cases in a folder and those below it, in the order of their names. Throws when there is no such folder. */
export const findCases = (root: string): readonly GoldenCase[] => {
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new Error(`golden: no folder ${root}. Wanted a folder of reference cases. Check the path.`);
  const cases: GoldenCase[] = [];
  walk(path.resolve(root), path.resolve(root), cases);
  return cases;
};
