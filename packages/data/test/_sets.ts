import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRng } from '@detrain/core';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { checkDataset } from '../src/index.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is removed after the tests of the file. */
export const newFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'detrain-data-'));
  folders.push(folder);
  return folder;
};

/** Writes text or JSON, making the folders on the way. */
export const write = (root: string, name: string, content: unknown): string => {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  return file;
};

/** RGB noise, so that files do not compress to nothing. */
export const noise = (width: number, height: number): Buffer => {
  const rng = createRng(width * 1000 + height);
  return Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)));
};

/** Encodes noise as an image file of a kind. */
export const encode = (
  width: number,
  height: number,
  kind: 'jpeg' | 'png' = 'jpeg',
  orientation = 1,
): Promise<Buffer> =>
  sharp(noise(width, height), { raw: { width, height, channels: 3 } })
    .toFormat(kind)
    .withMetadata({ orientation })
    .toBuffer();

export const addImage = async (root: string, name: string, width = 64, height = 48, orientation = 1): Promise<string> =>
  write(root, name, await encode(width, height, name.endsWith('.png') ? 'png' : 'jpeg', orientation));

/** A COCO document of two images: the first with three objects of classes 3 and 7, one of them a crowd; the second empty. */
export const cocoDocument = () => ({
  images: [
    { id: 10, file_name: 'a.jpg', width: 64, height: 48 },
    { id: 20, file_name: 'b.jpg', width: 64, height: 48 },
  ] as Record<string, unknown>[],
  annotations: [
    { id: 1, image_id: 10, category_id: 7, bbox: [8, 12, 16, 24], area: 300, iscrowd: 0 },
    { id: 2, image_id: 10, category_id: 3, bbox: [32, 0, 32, 12], area: 384, iscrowd: 0 },
    { id: 3, image_id: 10, category_id: 3, bbox: [0, 0, 64, 48], area: 99, iscrowd: 1 },
  ] as Record<string, unknown>[],
  categories: [
    { id: 7, name: 'cat' },
    { id: 3, name: 'dog' },
  ] as Record<string, unknown>[],
});

/** A COCO folder with one split, its document changed by `change`. */
export const cocoSet = async (
  change: (document: ReturnType<typeof cocoDocument>) => unknown = () => {},
): Promise<string> => {
  const root = newFolder();
  await addImage(root, 'train2017/a.jpg');
  await addImage(root, 'train2017/b.jpg');
  const document = cocoDocument();
  change(document);
  write(root, 'annotations/instances_train2017.json', document);
  return root;
};

export const vocXml = (
  filename: string,
  objects: readonly (readonly [name: string, xmin: number, ymin: number, xmax: number, ymax: number])[],
  size: readonly [number, number] = [64, 48],
): string => `<annotation>
  <filename>${filename}</filename>
  <size><width>${size[0]}</width><height>${size[1]}</height><depth>3</depth></size>
${objects
  .map(
    ([name, a, b, c, d]) =>
      `  <object><name>${name}</name><bndbox><xmin>${a}</xmin><ymin>${b}</ymin><xmax>${c}</xmax><ymax>${d}</ymax></bndbox></object>`,
  )
  .join('\n')}
</annotation>
`;

/** A VOC folder one folder down, with a training image of two objects and a validation image of one. */
export const vocSet = async (): Promise<string> => {
  const root = newFolder();
  await addImage(root, 'V/JPEGImages/one.jpg');
  await addImage(root, 'V/JPEGImages/two.jpg');
  write(
    root,
    'V/Annotations/one.xml',
    vocXml('one.jpg', [
      ['dog', 9, 13, 24, 36],
      ['cat', 1, 1, 64, 48],
    ]),
  );
  write(root, 'V/Annotations/two.xml', vocXml('two.jpg', [['dog', 1, 1, 10, 10]]));
  write(root, 'V/ImageSets/Main/train.txt', 'one\n');
  write(root, 'V/ImageSets/Main/val.txt', 'two\n');
  write(root, 'V/ImageSets/Main/dog_train.txt', 'one  1\ntwo -1\n');
  return root;
};

/** A YOLO folder with data.yaml and the splits train and val. */
export const yoloSet = async (): Promise<string> => {
  const root = newFolder();
  await addImage(root, 'images/train/one.jpg');
  await addImage(root, 'images/val/two.png');
  write(root, 'labels/train/one.txt', '1 0.25 0.5 0.25 0.5\n0 0.5 0.5 1 1\n');
  write(root, 'labels/val/two.txt', '0 0.5 0.5 0.5 0.5');
  write(root, 'data.yaml', 'path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n');
  return root;
};

/** The findings of one kind. */
export const found = async (root: string, kind: string) =>
  (await checkDataset(root)).filter((problem) => problem.kind === kind);
