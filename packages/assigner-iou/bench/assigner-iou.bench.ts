import { detaStage1, detaStage2, maxIou, officialDeta, selectProposals } from '@detrain/assigner-iou';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

const scene = (candidates: number, targets: number) =>
  randomScene(createRng(candidates + targets), { candidates, targets, numClasses: 80, logits: false });

for (const targets of [5, 20, 60]) {
  describe(`${targets} targets`, () => {
    const anchors = scene(20_000, targets);
    const queries = scene(900, targets);
    for (const assigner of [maxIou(), detaStage1(), detaStage1(officialDeta)])
      bench(`${assigner.name}, 20,000 candidates, slots ${assigner.slots ?? 1}`, () => {
        assigner.assign(anchors.candidates, anchors.targets, assignContext());
      });
    bench('deta-stage-2, 900 candidates', () => {
      detaStage2().assign(queries.candidates, queries.targets, assignContext());
    });
  });
}

describe('selectProposals', () => {
  const levels = [10_000, 2500, 625, 160, 40];
  const total = levels.reduce((sum, size) => sum + size, 0);
  const { boxes } = scene(total, 0).candidates;
  const scores = Float32Array.from({ length: total }, createRng('scores').normal);
  bench(`900 of ${total}`, () => {
    selectProposals(boxes, scores, levels, { count: 900 });
  });
});
