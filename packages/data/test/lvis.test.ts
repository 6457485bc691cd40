import { expect, it } from 'vitest';
import { openDataset } from '../src/index.ts';
import { addImage, newFolder, write } from './_sets.ts';

const document = {
  images: [
    {
      id: 397133,
      width: 64,
      height: 48,
      coco_url: 'http://images.cocodataset.org/val2017/000000397133.jpg',
      neg_category_ids: [2],
      not_exhaustive_category_ids: [5],
    },
  ],
  annotations: [{ id: 1, image_id: 397133, category_id: 5, bbox: [8, 12, 16, 24], area: 300 }],
  categories: [
    { id: 5, name: 'zebra', frequency: 'f' },
    { id: 2, name: 'yacht', frequency: 'r' },
  ],
};

it('LVIS files name images by where COCO has them, and say what was looked for', async () => {
  const root = newFolder();
  write(root, 'annotations/lvis_v1_val.json', document);
  await addImage(root, 'val2017/000000397133.jpg');
  const data = await openDataset(root, { split: 'val' });
  expect(data.classes).toEqual(['yacht', 'zebra']);
  expect((await data.get(0)).targets.labels).toEqual(Int32Array.of(1));
  const truth = data.groundTruth();
  expect(truth.images).toEqual([
    {
      id: 397133,
      width: 64,
      height: 48,
      file_name: 'val2017/000000397133.jpg',
      neg_category_ids: [2],
      not_exhaustive_category_ids: [5],
    },
  ]);
  expect(truth.categories).toEqual([
    { id: 2, name: 'yacht', frequency: 'r' },
    { id: 5, name: 'zebra', frequency: 'f' },
  ]);
});
