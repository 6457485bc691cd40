import type {} from '@detrain/tooling/setup';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openReference } from '../../nn/test/reference.ts';
import { postprocess } from '../src/index.ts';

describe('post-processing', () => {
  for (const folder of ['deimv2_atto_160', 'deim_dfine_n_256', 'dfine_n_obj365_256'])
    it(`gives the official detections of ${folder}`, (ctx) => {
      const reference = openReference(ctx, 'full', folder);
      const numClasses = reference.meta['num_classes'] as number;
      const sizes = reference.meta['orig_target_sizes_wh'] as [number, number][];
      const [batch, queries] = reference.shape('pred_logits') as [number, number];
      const top = reference.shape('post.scores')[1]!;
      for (let b = 0; b < batch; b++) {
        const cut = (name: string, size: number) => reference.floats(name).slice(b * size, (b + 1) * size);
        const [width, height] = sizes[b]!;
        const logits = cut('pred_logits', queries * numClasses);
        const detections = postprocess(logits, cut('pred_boxes', queries * 4), { numClasses, width, height });
        expect(detections.scores).toBeAllclose(cut('post.scores', top), { atol: 1e-6 });
        const labels = reference.integers('post.labels').slice(b * top, (b + 1) * top);
        const boxes = cut('post.boxes', top * 4);
        // Scores that tie to rounding may change places: compare as sets of (label, box).
        const rows = (l: ArrayLike<number>, x: Float32Array) =>
          Array.from(
            { length: top },
            (_, i) => `${l[i]} ${[...x.slice(4 * i, 4 * i + 4)].map((v) => v.toFixed(1))}`,
          ).sort();
        const [ours, theirs] = [rows(detections.labels, detections.boxes), rows(labels, boxes)];
        const known = new Set(theirs);
        expect(ours.filter((row) => known.has(row)).length / top).toBeGreaterThan(0.97);
      }
    });

  it('keeps what there is when asked for more, best first', () => {
    const detections = postprocess(Float32Array.of(-1, 2, 0, 1), Float32Array.of(0.5, 0.5, 1, 1, 0.25, 0.5, 0.5, 1), {
      numClasses: 2,
      width: 100,
      height: 10,
    });
    expect([...detections.labels]).toEqual([1, 1, 0, 0]);
    expect([...detections.boxes.slice(0, 8)]).toEqual([0, 0, 100, 10, 0, 0, 50, 10]);
  });

  it('suppresses within classes only', () => {
    const logits = Float32Array.of(3, -9, 2, -9, -9, 1);
    const boxes = Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.51, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.2);
    const options = { numClasses: 2, width: 1, height: 1 };
    const hard = postprocess(logits, boxes, {
      ...options,
      suppression: { kind: 'nms', iou: 0.5, preCount: 3, count: 3 },
    });
    expect([...hard.labels]).toEqual([0, 1]);
    const soft = postprocess(logits, boxes, {
      ...options,
      suppression: { kind: 'soft-nms', iou: 0.5, sigma: 0.5, count: 3 },
    });
    expect(soft.scores.length).toBe(3);
    expect(soft.scores[2]!).toBeLessThan(0.3);
  });

  it('scales boxes with the image and orders scores, for any input', () => {
    const value = fc.float({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 8 }), (rows) => {
        const logits = Float32Array.from(rows.flat());
        const boxes = Float32Array.from(rows.flatMap(() => [0.5, 0.5, 0.5, 0.5]));
        const { scores, boxes: pixels } = postprocess(logits, boxes, { numClasses: 3, width: 40, height: 20 });
        for (let i = 1; i < scores.length; i++) expect(scores[i]!).toBeLessThanOrEqual(scores[i - 1]!);
        expect([...pixels.slice(0, 4)]).toEqual([10, 5, 30, 15]);
      }),
    );
  });

  it('refuses predictions that do not fit together', () => {
    expect(() => postprocess(new Float32Array(5), new Float32Array(8), { numClasses: 2, width: 1, height: 1 })).toThrow(
      'same number of queries',
    );
  });
});
