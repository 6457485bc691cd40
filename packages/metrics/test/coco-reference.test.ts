import { existsSync } from 'node:fs';
import path from 'node:path';
import { COCO_IOU_THRESHOLDS, COCO_RECALLS, evaluateCoco } from '@detrain/metrics';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, reference } from '../../core/test/_reference.ts';
import { syntheticSet } from './_synthetic.ts';

const cases = [
  '01_small',
  '02_medium_crowd',
  '03_over100',
  '04_absent_cats_gaps',
  '05_empty_images',
  '06_score_ties',
  '07_ignore_flag',
  '08_area_boundaries',
  '09_degenerate',
  '10_no_detections',
  '11_all_crowd',
  '12_class_agnostic',
  '13_larger',
  '14_coco_fakebbox100',
];
const exact = { atol: 1e-9, rtol: 0 };

describe('pycocotools', () => {
  it.for(cases)('is equal in %s', (name, test) => {
    const folder = reference(test, 'assign', 'coco', name);
    const expected = readJson(path.join(folder, 'stats.json'));
    const result = evaluateCoco(
      { groundTruth: readJson(path.join(folder, 'gt.json')), detections: readJson(path.join(folder, 'dt.json')) },
      { useCategories: expected.useCats === 1 },
    );
    expect(result.stats).toBeAllclose(expected.stats, exact);
    expect(result.shape).toEqual(expected.precision_shape);
    for (const [id, ap] of expected.per_category_AP) {
      const row = result.perClass.find(({ category }) => category === id);
      expect([row?.ap]).toBeAllclose([ap], exact);
    }
    const valid = result.precision.filter((value) => value > -1);
    expect(valid.length).toBe(expected.precision_n_valid);
    expect(valid.reduce((a, b) => a + b, 0)).toBeCloseTo(expected.precision_sum, 6);

    const arrays = path.join(folder, 'arrays.safetensors');
    if (!existsSync(arrays)) return;
    const tensors = readTensors(arrays);
    expect(COCO_IOU_THRESHOLDS).toEqual(tensors.float64('iouThrs'));
    expect(COCO_RECALLS).toEqual(tensors.float64('recThrs'));
    expect(result.precision).toBeAllclose(tensors.float64('precision'), exact);
    expect(result.recall).toBeAllclose(tensors.float64('recall'), exact);
    expect(result.scores).toBeAllclose(tensors.float64('scores'), exact);
  });

  it('is equal on 200 images of the synthetic set', (test) => {
    const expected = readJson(reference(test, 'assign', 'coco', 'synth_200x80', 'stats.json'));
    const { groundTruth, detections } = syntheticSet(200);
    expect(groundTruth.annotations.length).toBe(expected.check.n_gt);
    expect(evaluateCoco({ groundTruth, detections }).stats).toBeAllclose(expected.stats, exact);
  });
});
