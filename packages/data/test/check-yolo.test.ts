import { describe, expect, it } from 'vitest';
import { checkDataset, openDataset } from '../src/index.ts';
import { addImage, found, newFolder, write, yoloSet } from './_sets.ts';

describe('checkDataset, YOLO', () => {
  it('finds nothing wrong with a good set', async () => {
    expect(await checkDataset(await yoloSet())).toEqual([]);
  });

  it.each([
    [
      'a class beyond the names',
      '5 0.5 0.5 0.5 0.5',
      'category-unknown',
      { severity: 'error', value: 'class 5', fix: expect.stringContaining('0 to 1') },
    ],
    ['a class that is no whole number', '0.5 0.5 0.5 0.5 0.5', 'category-unknown', { value: 'class 0.5' }],
    ['a line of four numbers', '0 0.5 0.5 0.5', 'line-malformed', { severity: 'error', value: '0 0.5 0.5 0.5' }],
    ['a word among the numbers', '0 0.5 half 0.5 0.5', 'number-not-finite', { severity: 'error' }],
    [
      'pixels in the place of fractions',
      '0 30 20 10 10',
      'box-outside',
      { severity: 'warning', fix: expect.stringContaining('fractions') },
    ],
    ['a box without area', '0 0.5 0.5 0 0.5', 'box-degenerate', { severity: 'warning' }],
  ])('%s', async (_, line, kind, expected) => {
    const root = await yoloSet();
    write(root, 'labels/train/one.txt', `1 0.5 0.5 0.5 0.5\n\n${line}\n`);
    expect(await found(root, kind)).toMatchObject([{ file: 'labels/train/one.txt', field: 'line 3', ...expected }]);
    const repaired = await openDataset(root, { onProblem: 'repair' });
    expect((await repaired.get(0)).targets.labels).toHaveLength(1);
  });

  it('labels without images and the reverse', async () => {
    const root = await yoloSet();
    write(root, 'labels/train/three.txt', '0 0.5 0.5 0.5 0.5');
    await addImage(root, 'images/train/four.jpg');
    expect(await found(root, 'label-without-image')).toMatchObject([{ file: 'labels/train/three.txt' }]);
    expect(await found(root, 'label-missing')).toMatchObject([{ severity: 'warning', file: 'labels/train/four.txt' }]);
  });

  it('broken YAML, with its place', async () => {
    const root = await yoloSet();
    write(root, 'data.yaml', 'train: images/train\nnames: [cat, dog\nval: x\n');
    expect(await found(root, 'yaml-invalid')).toMatchObject([
      { severity: 'error', file: 'data.yaml', field: expect.stringContaining('line') },
    ]);
  });

  it('a split that leads nowhere', async () => {
    const root = await yoloSet();
    write(root, 'data.yaml', 'train: images/train\nval: images/vall\nnames: [cat, dog]\n');
    expect(await found(root, 'split-empty')).toMatchObject([{ field: 'val', value: '"images/vall"' }]);
  });

  it('an empty folder of labels', async () => {
    const root = newFolder();
    await addImage(root, 'images/train/one.jpg');
    write(root, 'labels/train/.keep', '');
    write(root, 'data.yaml', 'train: images/train\nnames: [cat]\n');
    expect(await found(root, 'split-without-objects')).toHaveLength(1);
  });
});
