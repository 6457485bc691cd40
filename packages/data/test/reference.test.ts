import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkDataset, createLoader, openDataset } from '../src/index.ts';

const reference = process.env['DETRAIN_REFERENCE'];
const folder = (name: string) => path.join(reference!, 'datasets', name);

describe('real data', () => {
  beforeEach((context) => {
    if (!reference) context.skip('skipped: no reference data');
  });

  it('BCCD: its own splits, classes and boxes', async () => {
    const sets = await Promise.all(['train', 'val', 'test'].map((split) => openDataset(folder('bccd'), { split })));
    expect(sets.map(({ length }) => length)).toEqual([205, 87, 72]);
    for (const set of sets) expect(set.classes).toEqual(['Platelets', 'RBC', 'WBC']);
    const boxes = sets.map((set) => set.groundTruth().annotations.length);
    // 4888 boxes, two of them without area.
    expect(boxes.reduce((sum, count) => sum + count, 0)).toBe(4886);
    const totals = [0, 0, 0];
    for (const set of sets) for (const { category_id } of set.groundTruth().annotations) totals[category_id - 1]!++;
    expect(totals).toEqual([361, 4153, 372]);
  });

  it('BCCD: the two boxes without area are all that is wrong', async () => {
    const problems = await checkDataset(folder('bccd'), { decode: false });
    expect(problems.map(({ kind, file, field }) => [kind, file, field])).toEqual([
      ['box-degenerate', path.join('Annotations', 'BloodImage_00338.xml'), 'object 13'],
      ['box-degenerate', path.join('Annotations', 'BloodImage_00343.xml'), 'object 4'],
    ]);
  });

  it('BCCD: batches', async () => {
    const dataset = await openDataset(folder('bccd'), { split: 'val' });
    const loader = createLoader({ dataset, batchSize: 4, size: 320, seed: 1 });
    const batch = await loader.batch({ epoch: 0, step: 3 });
    expect(batch.images.shape).toEqual([4, 320, 320, 3]);
    expect(batch.sizes).toEqual(Array.from({ length: 4 }, () => [640, 480]));
    const mean = (batch.images.data as Float32Array).reduce((sum, value) => sum + value, 0) / batch.images.data.length;
    expect(mean).toBeGreaterThan(0.5);
  });

  it('coco-tiny: sparse ids, crowds aside, clean', async () => {
    for (const [split, annotations, crowds] of [
      ['train', 705, 6],
      ['val', 815, 11],
    ] as const) {
      const data = await openDataset(folder('coco-tiny'), { split });
      expect(data.length).toBe(80);
      expect([data.classes.length, data.categoryIds[0], data.categoryIds[11], data.categoryIds[79]]).toEqual([
        80, 1, 13, 90,
      ]);
      const truth = data.groundTruth().annotations;
      expect(truth).toHaveLength(annotations);
      expect(truth.filter(({ iscrowd }) => iscrowd === 1)).toHaveLength(crowds);
      let objects = 0;
      for (let i = 0; i < data.length; i++) objects += data.annotations(i).labels.length;
      expect(objects).toBe(annotations - crowds);
    }
    expect(await checkDataset(folder('coco-tiny'), { decode: false })).toEqual([]);
  });
});
