import { readdirSync } from 'node:fs';
import path from 'node:path';
import { area, batchedNms, cxcywhToXyxy, giouMatrix, iouMatrix, nms, softNms } from '@detrain/core';
import { describe, expect, it } from 'vitest';
import { readTensors, reference } from './_reference.ts';

describe('boxes against PyTorch', () => {
  it('converts and measures as the official box functions', (context) => {
    const tensors = readTensors(reference(context, 'deim', 'functions', 'boxes', 'tensors.safetensors'));
    const a = cxcywhToXyxy(tensors.float32('boxes1'));
    const b = cxcywhToXyxy(tensors.float32('boxes2'));
    expect(a).toBeAllclose(tensors.float32('boxes1_xyxy'), { atol: 1e-7, rtol: 0 });
    expect(iouMatrix(a, b)).toBeAllclose(tensors.float32('iou'), { atol: 1e-6 });
    expect(giouMatrix(a, b)).toBeAllclose(tensors.float32('giou'), { atol: 1e-6 });
    expect(area(a).length).toBe(12);
  });
});

const sorted = (values: ArrayLike<number>) => Array.from(values).sort((x, y) => x - y);

const softOptions = {
  linear: { method: 'linear', iouThreshold: 0.3 },
  gaussian: { method: 'gaussian', sigma: 0.5 },
  naive: { method: 'naive', iouThreshold: 0.5 },
} as const;

describe('NMS against torchvision and mmcv', () => {
  it('keeps the same boxes', (context) => {
    const folder = reference(context, 'assign', 'nms');
    const cases = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    expect(cases.length).toBeGreaterThan(10);
    for (const name of cases) {
      const tensors = readTensors(path.join(folder, name));
      const boxes = tensors.float32('boxes');
      const scores = tensors.float32('scores');
      const labels = tensors.int32('labels');
      for (const threshold of ['0.3', '0.5', '0.7']) {
        if (tensors.names.includes(`nms_${threshold}`))
          expect(Array.from(nms(boxes, scores, Number(threshold))), `${name} nms ${threshold}`).toEqual(
            Array.from(tensors.int32(`nms_${threshold}`)),
          );
        if (tensors.names.includes(`batched_${threshold}`))
          expect(sorted(batchedNms(boxes, scores, labels, Number(threshold))), `${name} batched ${threshold}`).toEqual(
            sorted(tensors.int32(`batched_${threshold}`)),
          );
      }
    }
  });

  it('lowers the same scores', (context) => {
    const folder = reference(context, 'assign', 'nms');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.safetensors'))) {
      const tensors = readTensors(path.join(folder, name));
      // Where scores tie, mmcv's order depends on its swaps.
      if (!/random|clustered/.test(name)) continue;
      for (const [method, options] of Object.entries(softOptions)) {
        if (!tensors.names.includes(`soft_${method}_inds`)) continue;
        const kept = softNms(tensors.float32('boxes'), tensors.float32('scores'), { ...options, minScore: 0.01 });
        const scores = tensors.float32(`soft_${method}_dets`).filter((_, k) => k % 5 === 4);
        expect(Array.from(kept.indices), `${name} ${method}`).toEqual(Array.from(tensors.int32(`soft_${method}_inds`)));
        expect(kept.scores).toBeAllclose(scores, { atol: 1e-6 });
      }
    }
  });
});
