import { createRng } from '@detrain/core';
import { randomScene, type SeededScene, sceneArbitrary, sceneText } from '@detrain/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('sceneArbitrary', () => {
  const options = { candidates: 24, targets: 10, numClasses: 3, multipleOf: 3, levels: (n: number) => [n - 1, 1] };
  const sizes = ({ scene }: SeededScene) => [scene.candidates.boxes.length / 4, scene.targets.labels.length] as const;

  it('gives scenes of all sizes, in multiples', () => {
    const seen = fc.sample(sceneArbitrary(options), { numRuns: 500, seed: 1 }).map(sizes);
    expect(new Set(seen.map(([candidates]) => candidates))).toEqual(new Set([3, 6, 9, 12, 15, 18, 21, 24]));
    expect(new Set(seen.map(([, targets]) => targets)).size).toBe(11);
  });

  it('shrinks to the fewest candidates and targets that still fail, and keeps what is left as it was', () => {
    const { counterexample } = fc.check(
      fc.property(sceneArbitrary(options), (given) => {
        const [candidates, targets] = sizes(given);
        expect(given.scene.candidates.levels).toEqual([candidates - 1, 1]);
        return candidates < 8 || !given.scene.targets.labels.includes(2) || targets < 2;
      }),
      { seed: 3 },
    );
    const [found] = counterexample!;
    expect(sizes(found)).toEqual([9, 2]);
    expect(found.scene.targets.labels).toContain(2);
    const box = (boxes: Float32Array, at: number) => boxes.subarray(4 * at, 4 * at + 4);
    const whole = randomScene(createRng(found.seed), { ...options, levels: [24], candidates: 24, targets: 10 });
    expect(found.scene.targets.boxes.length).toBe(8);
    expect(whole.targets.boxes.join()).toContain(box(found.scene.targets.boxes, 0).join());
    expect(whole.candidates.boxes.join()).toContain(box(found.scene.candidates.boxes, 0).join());
  });
});

describe('sceneText', () => {
  it('is TypeScript that gives the scene back', () => {
    const scene = randomScene(createRng(5), { candidates: 3, targets: 2, numClasses: 2, levels: [2, 1] });
    const valid = { ...scene, candidates: { ...scene.candidates, valid: Uint8Array.of(1, 0, 1) } };
    for (const given of [scene, valid]) {
      const back = new Function(`${sceneText(given)}\nreturn { candidates, targets };`)();
      expect(back).toEqual(given);
    }
    expect(sceneText(scene)).toMatch('numClasses: 2');
  });
});
