import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, formatProblem, openDataset } from '../src/index.ts';
import { addImage, cocoDocument, cocoSet, found, write } from './_sets.ts';

type Document = ReturnType<typeof cocoDocument>;
const JSON_FILE = 'annotations/instances_train2017.json';

/** A change of a COCO document, the kind of finding, and parts of it. */
const cocoCases: readonly (readonly [string, (d: Document) => unknown, string, Record<string, unknown>, number])[] = [
  [
    'a category that is not listed',
    (d) => {
      d.annotations[0]!['category_id'] = 99;
    },
    'category-unknown',
    { severity: 'error', field: 'annotation 1', value: 'category_id 99', fix: expect.stringContaining('3, 7') },
    1,
  ],
  [
    'an image that is not listed',
    (d) => {
      d.annotations[0]!['image_id'] = 77;
    },
    'image-unknown',
    { severity: 'error', value: 'image_id 77' },
    1,
  ],
  [
    'an image listed twice',
    (d) => d.images.push({ ...d.images[0]! }),
    'image-duplicate-id',
    { severity: 'error', field: 'image 10' },
    2,
  ],
  [
    'a file name used twice',
    (d) => d.images.push({ id: 30, file_name: 'a.jpg', width: 64, height: 48 }),
    'image-duplicate-name',
    { severity: 'warning', value: 'a.jpg is image 10 as well' },
    2,
  ],
  [
    'an annotation id used twice',
    (d) => {
      d.annotations[1]!['id'] = 1;
    },
    'annotation-duplicate-id',
    { severity: 'error', value: '1' },
    2,
  ],
  [
    'an image without an id',
    (d) => {
      delete d.images[1]!['id'];
    },
    'image-id',
    { severity: 'error' },
    2,
  ],
  [
    'a category whose id is no whole number',
    (d) => d.categories.push({ id: 'x', name: 'bird' }),
    'category-id',
    { severity: 'error', value: 'x' },
    2,
  ],
  [
    'a category listed twice',
    (d) => d.categories.push({ id: 3, name: 'wolf' }),
    'category-duplicate',
    { severity: 'error', value: 'wolf' },
    2,
  ],
  [
    'a box of three numbers',
    (d) => {
      d.annotations[0]!['bbox'] = [1, 2, 3];
    },
    'box-malformed',
    { severity: 'error', value: '[1,2,3]' },
    1,
  ],
  [
    'a box with a text in it',
    (d) => {
      d.annotations[0]!['bbox'] = [1, '2', 3, 4];
    },
    'number-not-finite',
    { severity: 'error', field: 'annotation 1' },
    1,
  ],
  [
    'a box without area',
    (d) => {
      d.annotations[0]!['bbox'] = [8, 8, 0, 5];
    },
    'box-degenerate',
    { severity: 'warning', field: 'annotation 1', value: 'x 8, y 8, width 0, height 5' },
    1,
  ],
  [
    'a box of negative size',
    (d) => {
      d.annotations[0]!['bbox'] = [8, 8, -4, 5];
    },
    'box-degenerate',
    { severity: 'warning' },
    1,
  ],
  [
    'a box outside the image',
    (d) => {
      d.annotations[0]!['bbox'] = [100, 8, 4, 5];
    },
    'box-outside',
    { severity: 'warning', fix: expect.stringContaining('outside') },
    1,
  ],
  [
    'a box that crosses the border',
    (d) => {
      d.annotations[0]!['bbox'] = [60, 8, 40, 5];
    },
    'box-outside',
    { severity: 'warning', fix: expect.stringContaining('border') },
    2,
  ],
  [
    'a size that differs from the image',
    (d) => {
      d.images[0]!['width'] = 128;
      d.images[0]!['height'] = 96;
    },
    'size-differs',
    { severity: 'error', value: 'declared 128x96, the image is 64x48' },
    2,
  ],
  [
    'an image that is missing',
    (d) => {
      d.images[0]!['file_name'] = 'c.jpg';
    },
    'image-missing',
    { severity: 'error', file: 'train2017/c.jpg' },
    0,
  ],
  [
    'a list that is missing',
    (d) => {
      delete (d as Partial<Document>).categories;
    },
    'key-missing',
    { severity: 'error', field: 'categories' },
    0,
  ],
  [
    'no annotation at all',
    (d) => {
      d.annotations = [];
    },
    'split-without-objects',
    { severity: 'error', value: '2 images, no objects' },
    0,
  ],
];

describe('checkDataset, COCO', () => {
  it('finds nothing wrong with a good set', async () => {
    expect(await checkDataset(await cocoSet())).toEqual([]);
  });

  it.each(cocoCases)('%s', async (_, change, kind, expected, objects) => {
    const root = await cocoSet(change);
    const problems = await found(root, kind);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(expected);
    expect(problems[0]!.fix).not.toBe('');
    // A repair leaves a set that can be trained on, with what is still good.
    const repaired = await openDataset(root, { onProblem: 'repair' });
    let count = 0;
    for (let i = 0; i < repaired.length; i++) count += (await repaired.get(i)).targets.labels.length;
    expect(count).toBe(objects);
  });

  it('refuses errors and names them, and only them', async () => {
    const bad = await cocoSet((d) => {
      d.annotations[0]!['category_id'] = 99;
    });
    await expect(openDataset(bad)).rejects.toThrow(
      /data: 1 errors in .*annotation 1: category_id 99.*onProblem: 'repair'/s,
    );
    const odd = await cocoSet((d) => {
      d.annotations[0]!['bbox'] = [60, 8, 40, 5];
    });
    const data = await openDataset(odd);
    expect(data.problems.map(formatProblem)).toEqual([expect.stringContaining('crosses the border')]);
    expect((await data.get(0)).targets.boxes[2]).toBeCloseTo(4 / 64);
  });

  it('scales boxes that were drawn on a larger copy, ground truth too', async () => {
    const root = await cocoSet((d) => {
      d.images[0]!['width'] = 128;
      d.images[0]!['height'] = 96;
    });
    await expect((await openDataset(root)).get(0)).rejects.toThrow(/is 64x48. 128x96, as .* declares/);
    const data = await openDataset(root, { onProblem: 'repair' });
    expect([...(await data.get(0)).targets.boxes.subarray(0, 4)]).toEqual([0.125, 0.25, 0.125, 0.25]);
    expect(data.groundTruth().annotations[0]).toMatchObject({ bbox: [4, 6, 8, 12], area: 75 });
    expect(data.groundTruth().images[0]).toMatchObject({ width: 64, height: 48 });
  });

  it('invalid JSON, with its place', async () => {
    const root = await cocoSet();
    writeFileSync(path.join(root, JSON_FILE), '{"images": [],\n "annotations": [}\n');
    const [problem] = await found(root, 'json-invalid');
    expect(problem).toMatchObject({ severity: 'error', file: JSON_FILE, field: 'line 2, column 18' });
    await expect(openDataset(root)).rejects.toThrow(/line 2, column 18/);
  });

  it('JSON that breaks off', async () => {
    const root = await cocoSet();
    writeFileSync(path.join(root, JSON_FILE), '{"images": [],\n "annotations": [{"id": 1');
    expect(await found(root, 'json-invalid')).toMatchObject([{ field: 'line 2, column 26' }]);
  });

  it('an empty file', async () => {
    const root = await cocoSet();
    writeFileSync(path.join(root, JSON_FILE), '');
    expect(await found(root, 'annotations-empty')).toHaveLength(1);
  });

  it('NaN, which Python writes and JSON does not have', async () => {
    const root = await cocoSet();
    const file = path.join(root, JSON_FILE);
    writeFileSync(file, readFileSync(file, 'utf8').replace('[8,12,', '[NaN,-Infinity,').replace('"dog"', '"dog NaN"'));
    expect((await found(root, 'number-not-finite')).map(({ field, value }) => field ?? value)).toEqual([
      '2 NaN or Infinity',
      'annotation 1',
    ]);
    const data = await openDataset(root, { onProblem: 'repair' });
    expect(data.classes[0]).toBe('dog NaN');
    expect((await data.get(0)).targets.labels).toHaveLength(1);
  });

  it('splits whose classes differ', async () => {
    const root = await cocoSet();
    const document = cocoDocument();
    document.categories[0]!['name'] = 'lion';
    write(root, 'annotations/instances_val2017.json', document);
    await addImage(root, 'val2017/a.jpg');
    await addImage(root, 'val2017/b.jpg');
    expect(await found(root, 'classes-differ')).toMatchObject([
      { severity: 'error', field: 'split val2017', value: '3 dog, 7 lion here, 3 dog, 7 cat in train2017' },
    ]);
  });

  it('all at once, errors first', async () => {
    const root = await cocoSet((d) => {
      d.annotations[0]!['category_id'] = 99;
      d.annotations[1]!['bbox'] = [8, 8, 0, 5];
      d.images.push({ id: 30, file_name: 'missing.jpg', width: 1, height: 1 });
    });
    const problems = await checkDataset(root);
    expect(problems.map(({ severity }) => severity)).toEqual(['error', 'error', 'warning']);
    expect(problems.map(({ kind }) => kind).sort()).toEqual(['box-degenerate', 'category-unknown', 'image-missing']);
  });
});
