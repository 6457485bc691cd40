import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { evaluateCoco, evaluateLvis, isLvis, LVIS_STAT_NAMES, type LvisGroundTruth } from '@detrain/metrics';
import { describe, expect, it } from 'vitest';
import { reference } from '../../core/test/_reference.ts';

const image = (id: number, absent: number[] = [], partial: number[] = []) => ({
  id,
  neg_category_ids: absent,
  not_exhaustive_category_ids: partial,
});
const object = (image_id: number, category_id: number, bbox: number[], ignore = 0) => ({
  image_id,
  category_id,
  bbox,
  ignore,
});
const found = (image_id: number, category_id: number, bbox: number[], score: number) => ({
  image_id,
  category_id,
  bbox,
  score,
});
const categories = [
  { id: 1, name: 'cat', frequency: 'f' },
  { id: 2, name: 'dog', frequency: 'r' },
] as const;
const near = [10, 10, 40, 40];
const far = [200, 200, 40, 40];
/** Without the last digits: the official formula adds a machine epsilon. */
const rounded = (value: number) => Math.round(1e9 * value) / 1e9;
const apOf = (groundTruth: LvisGroundTruth, detections: ReturnType<typeof found>[], options = {}) =>
  evaluateLvis({ groundTruth, detections }, options).perClass.map(({ ap }) => rounded(ap));

describe('evaluateLvis', () => {
  it('drops detections of categories that nobody looked for in the image', () => {
    const annotations = [object(1, 1, near)];
    const detections = [found(1, 1, near, 0.5), found(2, 1, far, 0.9)];
    // The better scored detection in image 2 is wrong only where category 1 is known to be absent there.
    expect(apOf({ images: [image(1), image(2)], categories, annotations }, detections)).toEqual([1, -1]);
    const [ap] = apOf({ images: [image(1), image(2, [1])], categories, annotations }, detections);
    expect(ap).toBe(0.5);
  });

  it('forgives unmatched detections where a category is not exhaustively annotated', () => {
    const annotations = [object(1, 1, near)];
    const detections = [found(1, 1, near, 0.5), found(1, 1, far, 0.9)];
    expect(apOf({ images: [image(1, [], [1])], categories, annotations }, detections)).toEqual([1, -1]);
    const [ap] = apOf({ images: [image(1)], categories, annotations }, detections);
    expect(ap).toBe(0.5);
  });

  it('counts the best detections of an image over all categories', () => {
    const annotations = [object(1, 1, near), object(1, 2, near)];
    const detections = [found(1, 1, near, 0.5), found(1, 2, near, 0.9), found(1, 2, far, 0.9)];
    const groundTruth = { images: [image(1)], categories, annotations };
    expect(apOf(groundTruth, detections, { maxDetections: 1 })).toEqual([0, 1]);
    expect(apOf(groundTruth, detections, { maxDetections: 3 })).toEqual([1, 1]);
  });

  it('leaves ignored objects out, each for one detection', () => {
    const annotations = [object(1, 1, near), object(1, 1, far, 1)];
    const twice = [found(1, 1, far, 0.9), found(1, 1, far, 0.8), found(1, 1, near, 0.5)];
    const [ap] = apOf({ images: [image(1)], categories, annotations }, twice);
    // The second detection of the ignored object is wrong; a crowd would have taken it as well.
    expect(ap).toBe(0.5);
  });

  it('tells rare from frequent, -1 where there are none', () => {
    const annotations = [object(1, 1, near), object(1, 2, near)];
    const { stats } = evaluateLvis({
      groundTruth: { images: [image(1)], categories, annotations },
      detections: [found(1, 1, near, 0.5)],
    });
    const named = Object.fromEntries(LVIS_STAT_NAMES.map((name, i) => [name, rounded(stats[i]!)]));
    expect(named).toMatchObject({ AP: 0.5, APf: 1, APr: 0, APc: -1, AR: 0.5, APs: -1, APm: 0.5 });
  });

  it('is COCO where everything is annotated', (test) => {
    const folder = reference(test, 'assign', 'coco', '01_small');
    const read = (file: string) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const { images, categories: all, annotations } = read('gt.json');
    const ids = all.map(({ id }: { id: number }) => id);
    const groundTruth: LvisGroundTruth = {
      images: images.map(({ id }: { id: number }) => image(id, ids)),
      categories: all.map(({ id }: { id: number }) => ({ id, frequency: 'c' })),
      annotations: annotations.filter(({ iscrowd }: { iscrowd?: number }) => !iscrowd),
    };
    const detections = read('dt.json');
    const lvis = evaluateLvis({ groundTruth, detections }, { maxDetections: 10_000 });
    const coco = evaluateCoco({ groundTruth, detections }, { maxDetections: [10_000] });
    expect(lvis.precision).toEqual(coco.precision);
    expect(lvis.recall).toEqual(coco.recall);
    expect(lvis.stats[7]).toBe(coco.stats[0]);
  });

  it('names what is not LVIS', () => {
    const groundTruth = { images: [{ id: 1 }], categories: [], annotations: [] } as unknown as LvisGroundTruth;
    expect(() => evaluateLvis({ groundTruth, detections: [] })).toThrow('metrics: image 1 without neg_category_ids');
    expect(isLvis(groundTruth)).toBe(false);
    const one = { images: [image(1)], categories, annotations: [] };
    expect(isLvis(one)).toBe(true);
    expect(isLvis({ ...one, categories: [{ id: 1 }] })).toBe(false);
    expect(() => evaluateLvis({ groundTruth: one, detections: [found(9, 1, near, 0.5)] })).toThrow(
      'a detection of image 9',
    );
  });

  it('gives the numbers of lvis-api', (test) => {
    const folder = reference(test, 'assign', 'lvis');
    const cases = readdirSync(folder);
    expect(cases.length).toBe(3);
    for (const name of cases) {
      const read = (file: string) => JSON.parse(readFileSync(path.join(folder, name, file), 'utf8'));
      const { stats } = evaluateLvis({ groundTruth: read('gt.json'), detections: read('dt.json') });
      const results = Object.values(read('stats.json').results) as number[];
      expect(stats).toBeAllclose(results, { atol: 1e-9, rtol: 0 });
    }
  });
});
