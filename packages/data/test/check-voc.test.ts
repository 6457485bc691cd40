import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, openDataset } from '../src/index.ts';
import { addImage, found, vocSet, vocXml, write } from './_sets.ts';

describe('checkDataset, VOC', () => {
  it('finds nothing wrong with a good set', async () => {
    expect(await checkDataset(await vocSet())).toEqual([]);
  });

  it('invalid XML, with its place', async () => {
    const root = await vocSet();
    write(root, 'V/Annotations/one.xml', '<annotation>\n  <object></objekt>\n</annotation>');
    expect(await found(root, 'xml-invalid')).toMatchObject([
      { severity: 'error', file: 'Annotations/one.xml', field: expect.stringContaining('line 2') },
    ]);
    expect((await openDataset(root, { split: 'val' })).length).toBe(1);
  });

  it('XML of something else', async () => {
    const root = await vocSet();
    write(root, 'V/Annotations/one.xml', '<svg></svg>');
    expect(await found(root, 'xml-invalid')).toMatchObject([{ value: 'no <annotation>' }]);
  });

  it('an empty annotation file', async () => {
    const root = await vocSet();
    write(root, 'V/Annotations/one.xml', '');
    expect(await found(root, 'annotations-empty')).toHaveLength(1);
  });

  it('a listed name without an annotation, and one listed twice', async () => {
    const root = await vocSet();
    write(root, 'V/ImageSets/Main/train.txt', 'one\none\nthree\n');
    expect(await found(root, 'annotation-missing')).toMatchObject([{ value: 'three' }]);
    expect(await found(root, 'image-duplicate-id')).toMatchObject([{ value: 'one' }]);
    expect((await openDataset(root, { onProblem: 'repair' })).length).toBe(1);
  });

  it('an object without a name, and coordinates that are no numbers', async () => {
    const root = await vocSet();
    const xml = vocXml('one.jpg', [
      ['', 1, 1, 9, 9],
      ['dog', 1, 1, 9, 9],
      ['dog', 2, 2, 9, 9],
    ]);
    write(root, 'V/Annotations/one.xml', xml.replace('<xmin>2</xmin>', '<xmin>two</xmin>'));
    expect(await found(root, 'category-unknown')).toMatchObject([{ field: 'object 1' }]);
    expect(await found(root, 'number-not-finite')).toMatchObject([{ field: 'object 3' }]);
    const repaired = await openDataset(root, { onProblem: 'repair' });
    expect((await repaired.get(0)).targets.labels).toHaveLength(1);
  });

  it('a box without area, which is dropped without being asked', async () => {
    const root = await vocSet();
    write(
      root,
      'V/Annotations/one.xml',
      vocXml('one.jpg', [
        ['dog', 5, 5, 5, 5],
        ['dog', 1, 1, 9, 9],
      ]),
    );
    expect(await found(root, 'box-degenerate')).toMatchObject([{ severity: 'warning', field: 'object 1' }]);
    const data = await openDataset(root);
    expect((await data.get(0)).targets.labels).toHaveLength(1);
    expect(data.groundTruth().annotations).toHaveLength(1);
  });

  it('annotations without images and the reverse', async () => {
    const root = await vocSet();
    write(root, 'V/Annotations/three.xml', vocXml('three.jpg', [['dog', 1, 1, 9, 9]]));
    await addImage(root, 'V/JPEGImages/four.jpg');
    rmSync(path.join(root, 'V/JPEGImages/one.jpg'));
    expect(await found(root, 'label-without-image')).toMatchObject([{ file: 'Annotations/three.xml' }]);
    expect(await found(root, 'image-without-label')).toMatchObject([{ file: 'JPEGImages/four.jpg' }]);
    expect(await found(root, 'image-missing')).toMatchObject([{ field: 'image one' }]);
  });

  it('an image in train and in val', async () => {
    const root = await vocSet();
    write(root, 'V/ImageSets/Main/val.txt', 'one\ntwo\n');
    expect(await found(root, 'split-overlap')).toMatchObject([
      { file: 'JPEGImages/one.jpg', value: 'in train and in val' },
    ]);
  });
});
