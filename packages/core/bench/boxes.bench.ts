import { batchedNms, createRng, cxcywhToXyxy, emptyAssignment, iouMatrix, nms, unionAssignments } from '@detrain/core';
import { bench, describe } from 'vitest';

const scene = (count: number) => {
  const rng = createRng(count);
  const boxes = cxcywhToXyxy(
    Float32Array.from({ length: 4 * count }, (_, k) => (k % 4 < 2 ? rng.next() : rng.uniform(0.02, 0.3))),
  );
  return {
    boxes,
    scores: Float32Array.from({ length: count }, rng.next),
    labels: Int32Array.from({ length: count }, () => rng.int(80)),
  };
};

describe('nms', () => {
  for (const count of [1000, 5000]) {
    const { boxes, scores, labels } = scene(count);
    bench(`${count} boxes, one class`, () => {
      nms(boxes, scores, 0.5);
    });
    bench(`${count} boxes, 80 classes`, () => {
      batchedNms(boxes, scores, labels, 0.7);
    });
  }
});

describe('iouMatrix', () => {
  const queries = scene(300).boxes;
  const targets = scene(20).boxes;
  bench('300 x 20', () => {
    iouMatrix(queries, targets);
  });
});

describe('unionAssignments', () => {
  const rng = createRng(1);
  const outputs = Array.from({ length: 5 }, () => {
    const { targetOf } = emptyAssignment(300);
    for (let target = 0; target < 20; target++) targetOf[rng.int(300)] = target;
    return { targetOf };
  });
  bench('5 outputs, 300 queries, 20 targets', () => {
    unionAssignments(outputs, 20);
  });
});
