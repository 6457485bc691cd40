import { createRng } from '@detrain/core';
import { expect, it } from 'vitest';
import { assignContext, mapScene } from './scene.ts';
import type { Suite } from './suite.ts';

/** The checks that every assigner must pass. */
export const testBasics = ({
  make,
  promises: { logits = true, levels, ...promises },
  numClasses,
  ...suite
}: Suite): void => {
  const { scene, check, pairs, everyScene } = suite;
  const { complete = make().cardinality === 'one-to-one' } = promises;

  it('describes itself in JSON, the same each time', () => {
    const { name, options } = make();
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(JSON.parse(JSON.stringify({ name, options }))).toEqual({ name, options });
    expect(make().options).toEqual(options);
  });

  it('gives well-formed assignments', () => everyScene((given) => check(given)));

  it('gives equal results for equal input and seed', () =>
    everyScene((given, seed) => {
      const once = make().assign(given.candidates, given.targets, assignContext(seed));
      const assigner = make();
      assigner.assign(given.candidates, given.targets, assignContext(seed));
      expect(assigner.assign(given.candidates, given.targets, assignContext(seed))).toEqual(once);
    }));

  it('leaves its input alone', () =>
    everyScene((given) => {
      const before = structuredClone(given);
      make().assign(given.candidates, given.targets, assignContext());
      expect(given).toEqual(before);
    }));

  it('gives no pairs where there are no targets, or no candidates', () => {
    for (const candidates of [1, 7]) {
      const empty = scene(1, candidates, 0);
      check(empty);
      expect(pairs(empty)).toEqual([]);
    }
    if (!levels) check(scene(1, 0, 3));
  });

  it('takes more targets than candidates', () => {
    for (const [candidates, targets] of [
      [1, 2],
      [3, 40],
      [12, 13],
    ] as const) {
      const crowded = scene(2, candidates, targets);
      check(crowded);
      if (complete) expect(pairs(crowded).length).toBe(candidates);
    }
  });

  it('takes degenerate boxes: no area, outside the image, all the same', () => {
    const { candidates, targets } = scene(3, 12, 4);
    const degenerate = (boxes: Float32Array) => {
      const out = boxes.slice();
      out.set([0.5, 0.5, 0, 0.2], 0);
      if (out.length > 4) out.set([0.5, 0.5, 0, 0], 4);
      if (out.length > 8) out.set([-0.5, 1.5, 0.1, 0.1], 8);
      return out;
    };
    check({
      candidates: { ...candidates, boxes: degenerate(candidates.boxes) },
      targets: { ...targets, boxes: degenerate(targets.boxes) },
    });
    const same = mapScene({ candidates, targets }, () => [0.5, 0.5, 0.25, 0.25]);
    check({
      ...same,
      candidates: { ...same.candidates, ...(logits && { logits: new Float32Array(12 * numClasses) }) },
    });
    check(mapScene({ candidates, targets }, () => [0, 0, 0, 0]));
  });

  it('uses no candidate that is not valid', () =>
    everyScene((given, seed) => {
      const rng = createRng(seed).fork('valid');
      const valid = Uint8Array.from({ length: given.candidates.boxes.length / 4 }, () => rng.int(2));
      check({ ...given, candidates: { ...given.candidates, valid } });
    }));

  if (complete)
    it('matches as many as it can', () =>
      everyScene((given) => {
        const most = Math.min(given.candidates.boxes.length / 4, given.targets.labels.length);
        expect(pairs(given).length).toBe(most);
      }));
};
