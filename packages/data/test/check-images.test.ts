import { describe, expect, it } from 'vitest';
import { openDataset } from '../src/index.ts';
import { addImage, cocoSet, encode, found, write } from './_sets.ts';

describe('checkDataset, images', () => {
  it('an image that is no image', async () => {
    const root = await cocoSet();
    write(root, 'train2017/a.jpg', 'this is text');
    expect(await found(root, 'image-corrupt')).toMatchObject([{ file: 'train2017/a.jpg', field: 'image 10' }]);
    await expect((await openDataset(root)).get(0)).rejects.toThrow(/cannot decode .*a\.jpg/);
    expect((await openDataset(root, { onProblem: 'repair' })).imageIds).toEqual([20]);
  });

  it('an empty image', async () => {
    const root = await cocoSet();
    write(root, 'train2017/a.jpg', '');
    expect(await found(root, 'image-corrupt')).toMatchObject([{ value: 'an empty file' }]);
  });

  it.each(['jpeg', 'png'] as const)('a %s image that is cut short', async (kind) => {
    const root = await cocoSet();
    const whole = await encode(64, 48, kind);
    write(root, 'train2017/a.jpg', whole.subarray(0, Math.floor(whole.length * 0.6)));
    expect(await found(root, 'image-truncated')).toHaveLength(1);
    await expect((await openDataset(root)).get(0)).rejects.toThrow(/cannot decode/);
    expect((await openDataset(root, { onProblem: 'repair' })).imageIds).toEqual([20]);
  });

  it('an image that nothing names', async () => {
    const root = await cocoSet();
    await addImage(root, 'train2017/extra.jpg');
    expect(await found(root, 'image-without-label')).toMatchObject([
      { severity: 'warning', file: 'train2017/extra.jpg' },
    ]);
  });

  it('an image turned by its EXIF data, declared as it is stored', async () => {
    const root = await cocoSet();
    await addImage(root, 'train2017/a.jpg', 64, 48, 6);
    expect(await found(root, 'size-turned')).toMatchObject([
      { severity: 'warning', value: 'declared 64x48, the image is 48x64' },
    ]);
    const { image, targets } = await (await openDataset(root)).get(0);
    expect([image.width, image.height]).toEqual([48, 64]);
    expect([...targets.boxes.subarray(0, 4)].map((v) => v * 1)).toEqual(
      [16 / 48, 24 / 64, 16 / 48, 24 / 64].map(Math.fround),
    );
  });
});
