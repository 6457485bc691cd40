import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { filesIn, mapLimit } from '../files.ts';
import type { Problem } from '../types.ts';

export interface VocObject {
  readonly name: string;
  readonly numbers: readonly [number, number, number, number];
}
export interface VocFile {
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

export interface SharedXml {
  load(): Promise<{ readonly files: ReadonlyMap<string, VocFile>; readonly classes: readonly string[] }>;
}

/** All XML files of a data set, read once: the classes of every split are those of all files, in the order of names. */
export const shareXml = (folders: readonly string[]): SharedXml => {
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
