import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../src/index.ts';
import { addImage, cocoDocument, cocoSet, newFolder, vocSet, vocXml, write, yoloSet } from './_sets.ts';

const boxes = (list: Float32Array) => [...list].map((v) => Math.round(v * 1e5) / 1e5);

describe('COCO', () => {
  it('is found, remapped and read', async () => {
    const root = await cocoSet();
    const data = await openDataset(root);
    expect(data).toMatchObject({
      format: 'coco',
      split: 'train2017',
      classes: ['dog', 'cat'],
      categoryIds: [3, 7],
      length: 2,
    });
    expect(data.imageIds).toEqual([10, 20]);
    const { image, targets, id, originalSize } = await data.get(0);
    expect([id, image.width, image.height, ...originalSize]).toEqual(['10', 64, 48, 64, 48]);
    expect([...targets.labels]).toEqual([1, 0]);
    expect(boxes(targets.boxes)).toEqual([0.25, 0.5, 0.25, 0.5, 0.75, 0.125, 0.5, 0.25]);
  });

  it('keeps images without objects', async () => {
    const data = await openDataset(await cocoSet());
    expect((await data.get(1)).targets.labels).toHaveLength(0);
  });

  it('keeps crowds aside for evaluation, with original ids and areas', async () => {
    const data = await openDataset(await cocoSet());
    expect(data.annotations(0)).toMatchObject({ crowds: 1, imageId: 10 });
    const truth = data.groundTruth();
    expect(truth.annotations).toEqual([
      { id: 1, image_id: 10, category_id: 7, bbox: [8, 12, 16, 24], area: 300, iscrowd: 0 },
      { id: 2, image_id: 10, category_id: 3, bbox: [32, 0, 32, 12], area: 384, iscrowd: 0 },
      { id: 3, image_id: 10, category_id: 3, bbox: [0, 0, 64, 48], area: 99, iscrowd: 1 },
    ]);
    expect(truth.categories).toEqual([
      { id: 3, name: 'dog' },
      { id: 7, name: 'cat' },
    ]);
  });

  it.each([
    ['Roboflow', ['train/_annotations.coco.json', 'train/'], ['valid/_annotations.coco.json', 'valid/']],
    [
      'images/<split>',
      ['annotations/instances_train.json', 'images/train/'],
      ['annotations/instances_val.json', 'images/val/'],
    ],
    ['named by split', ['annotations/train.json', 'train/'], ['annotations/val.json', 'val/']],
    [
      'one folder down',
      ['coco/annotations/instances_train2017.json', 'coco/train2017/'],
      ['coco/annotations/instances_val2017.json', 'coco/val2017/'],
    ],
  ])('%s', async (_, train, val) => {
    const root = newFolder();
    for (const [json, images] of [train, val] as [string, string][]) {
      write(root, json, cocoDocument());
      await addImage(root, `${images}a.jpg`);
      await addImage(root, `${images}b.jpg`);
    }
    for (const split of ['train', 'val']) {
      const data = await openDataset(root, { split });
      expect(data.format).toBe('coco');
      expect(data.annotations(0).file).toContain(split);
      expect((await data.get(0)).image.width).toBe(64);
    }
  });

  it('a JSON file beside a folder of images, and the file itself', async () => {
    const root = newFolder();
    const json = write(root, 'labels.json', cocoDocument());
    await addImage(root, 'pictures/a.jpg');
    await addImage(root, 'pictures/b.jpg');
    expect((await openDataset(root)).length).toBe(2);
    expect((await (await openDataset(json)).get(0)).targets.labels).toHaveLength(2);
  });
});

describe('VOC', () => {
  it('is found one folder down with one class list for all splits', async () => {
    const root = await vocSet();
    const train = await openDataset(root);
    expect(train).toMatchObject({
      format: 'voc',
      split: 'train',
      splits: ['train', 'val'],
      classes: ['cat', 'dog'],
      length: 1,
    });
    const { targets } = await train.get(0);
    // Pixels 9 to 24 counted from 1, both ends inside: 8 to 24 on the line.
    expect(boxes(targets.boxes)).toEqual([0.25, 0.5, 0.25, 0.5, 0.5, 0.5, 1, 1]);
    expect([...targets.labels]).toEqual([1, 0]);
    const val = await openDataset(root, { split: 'val' });
    expect(val.classes).toEqual(train.classes);
    expect(val.groundTruth().annotations[0]).toMatchObject({
      id: 1,
      image_id: 1,
      category_id: 2,
      bbox: [0, 0, 10, 10],
      area: 100,
    });
  });

  it('finds images by their stem when the XML names another ending, and without split lists', async () => {
    const root = newFolder();
    await addImage(root, 'JPEGImages/one.png');
    write(root, 'Annotations/one.xml', vocXml('one.jpg', [['dog', 1, 1, 10, 10]]));
    const data = await openDataset(root);
    expect(data.split).toBe('all');
    expect((await data.get(0)).image.width).toBe(64);
  });

  it('XML files beside their images, a folder a split', async () => {
    const root = newFolder();
    for (const split of ['train', 'valid']) {
      await addImage(root, `${split}/one.jpg`);
      write(root, `${split}/one.xml`, vocXml('one.jpg', [['dog', 1, 1, 10, 10]]));
    }
    const data = await openDataset(root, { split: 'val' });
    expect(data).toMatchObject({ format: 'voc', split: 'valid', length: 1 });
  });

  it('measures images whose size is not declared', async () => {
    const root = newFolder();
    await addImage(root, 'JPEGImages/one.jpg');
    write(root, 'Annotations/one.xml', vocXml('one.jpg', [['dog', 1, 1, 10, 10]], [0, 0]));
    const data = await openDataset(root);
    expect(data.annotations(0)).toMatchObject({ width: 64, height: 48 });
  });
});

describe('YOLO', () => {
  it('is found by its data.yaml', async () => {
    const root = await yoloSet();
    const data = await openDataset(root);
    expect(data).toMatchObject({
      format: 'yolo',
      split: 'train',
      splits: ['train', 'val'],
      classes: ['cat', 'dog'],
      length: 1,
    });
    const { targets } = await data.get(0);
    expect([...targets.labels]).toEqual([1, 0]);
    expect(boxes(targets.boxes)).toEqual([0.25, 0.5, 0.25, 0.5, 0.5, 0.5, 1, 1]);
    expect(data.groundTruth().annotations[0]).toMatchObject({ category_id: 1, bbox: [8, 12, 16, 24], area: 384 });
    write(root, 'labels/val/two.txt', '');
    const val = await openDataset(path.join(root, 'data.yaml'), { split: 'val' });
    expect((await val.get(0)).targets.labels).toHaveLength(0);
  });

  it.each([
    ['images/<split>, labels/<split>', ['images/train/a.jpg', 'labels/train/a.txt']],
    ['<split>/images, <split>/labels', ['train/images/a.jpg', 'train/labels/a.txt']],
    ['one folder', ['a.jpg', 'a.txt']],
    ['images, labels', ['images/a.jpg', 'labels/a.txt']],
  ])('%s, names in classes.txt', async (_, [image, label]) => {
    const root = newFolder();
    await addImage(root, image!);
    write(root, label!, '0 0.5 0.5 0.5 0.5');
    write(root, 'classes.txt', 'dog\n');
    const data = await openDataset(root);
    expect(data).toMatchObject({ format: 'yolo', classes: ['dog'], length: 1 });
    expect((await data.get(0)).targets.labels).toHaveLength(1);
  });

  it('the paths of a Roboflow export', async () => {
    const root = newFolder();
    await addImage(root, 'train/images/a.jpg');
    write(root, 'train/labels/a.txt', '0 0.5 0.5 0.5 0.5');
    write(root, 'data.yaml', "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['dog']\n");
    expect(await openDataset(root)).toMatchObject({ format: 'yolo', length: 1, splits: ['train'] });
  });

  it('lists of images, and polygons as their hulls', async () => {
    const root = newFolder();
    await addImage(root, 'images/a.jpg');
    write(root, 'labels/a.txt', '0 0.25 0.25 0.75 0.25 0.5 0.75');
    write(root, 'train.txt', './images/a.jpg\n');
    write(root, 'data.yaml', 'train: train.txt\nnames: [dog]\n');
    const { targets } = await (await openDataset(root)).get(0);
    expect(boxes(targets.boxes)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('counts classes without names', async () => {
    const root = newFolder();
    await addImage(root, 'images/a.jpg');
    write(root, 'labels/a.txt', '2 0.5 0.5 0.5 0.5');
    expect((await openDataset(root)).classes).toEqual(['class 0', 'class 1', 'class 2']);
  });
});

describe('classes', () => {
  it('take the order of another split by name', async () => {
    const data = await openDataset(await cocoSet(), { classes: ['cat', 'bird', 'dog'] });
    expect(data.classes).toEqual(['cat', 'bird', 'dog']);
    expect(data.categoryIds).toEqual([7, 1, 3]);
    expect([...(await data.get(0)).targets.labels]).toEqual([0, 2]);
    expect(data.groundTruth().annotations.map(({ category_id }) => category_id)).toEqual([7, 3, 3]);
  });

  it('refuse objects of another class, or leave them out', async () => {
    const root = await cocoSet();
    await expect(openDataset(root, { classes: ['cat'] })).rejects.toThrow(/2 objects of class "dog"/);
    const data = await openDataset(root, { classes: ['cat'], onProblem: 'repair' });
    expect([...(await data.get(0)).targets.labels]).toEqual([0]);
  });
});

describe('errors', () => {
  it('list the layouts', async () => {
    const root = newFolder();
    await expect(openDataset(root)).rejects.toThrow(
      /data: no COCO, VOC or YOLO data set in .*instances_<split>\.json.*ImageSets.*data\.yaml/s,
    );
  });

  it('list the splits', async () => {
    await expect(openDataset(await vocSet(), { split: 'test' })).rejects.toThrow(
      /no split test in .*one of train, val/,
    );
  });

  it('say that a path does not exist', async () => {
    await expect(openDataset('/nowhere/at-all')).rejects.toThrow(/does not exist/);
  });
});
