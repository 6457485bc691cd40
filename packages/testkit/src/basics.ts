import { type Assigner, createRng } from '@detrain/core';
import { expect } from 'vitest';
import { assignContext, mapScene, type Scene } from './scene.ts';
import type { Check, Property, Suite } from './suite.ts';

/** Boxes whose first three have no width, no area, and a place outside the image. */
const withDegenerate = (boxes: Float32Array): Float32Array => {
  const out = boxes.slice();
  out.set([0.5, 0.5, 0, 0.2, 0.5, 0.5, 0, 0, -0.5, 1.5, 0.1, 0.1]);
  return out;
};

const describesItself = (make: () => Assigner): void => {
  const { name, options, slots = 1 } = make();
  expect(name, 'names are kebab-case').toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(JSON.parse(JSON.stringify(options)), 'options must survive JSON').toStrictEqual(options);
  expect(make().options, 'options depend on the factory alone').toStrictEqual(options);
  expect(Number.isInteger(slots) && slots >= 1, `slots is a whole number, at least 1: ${slots}`).toBe(true);
};

/** The checks that every assigner must pass. */
export const basicChecks = ({ make, promises, numClasses, ...suite }: Suite): readonly Check[] => {
  const { scene, problems, pairs, inScenes, inRandomScenes } = suite;
  const { logits = true, levels, complete = make().cardinality === 'one-to-one' } = promises;

  const isDeterministic: Property = (given, seed) => {
    const assigner = make();
    const assign = (by: Assigner) => by.assign(given.candidates, given.targets, assignContext(seed));
    const first = assign(assigner);
    const kept = structuredClone(first);
    const other = scene(seed % 97, 7, 3);
    assigner.assign(other.candidates, other.targets, assignContext(seed));
    expect(first, 'a later call changed an earlier result').toEqual(kept);
    expect(assign(assigner), 'the second time').toEqual(kept);
    expect(assign(make()), 'by a new assigner').toEqual(kept);
    return [];
  };

  const leavesInputAlone: Property = (given) => {
    const before = structuredClone(given);
    make().assign(given.candidates, given.targets, assignContext());
    expect(given, 'candidates or targets were changed').toEqual(before);
    return [];
  };

  const degenerate = (): readonly Scene[] => {
    const given = scene(3, 12, 4);
    const { candidates, targets } = given;
    const alike = mapScene(given, () => [0.5, 0.5, 0.25, 0.25]);
    const undecided = logits && { logits: new Float32Array((candidates.boxes.length / 4) * numClasses) };
    return [
      {
        candidates: { ...candidates, boxes: withDegenerate(candidates.boxes) },
        targets: { ...targets, boxes: withDegenerate(targets.boxes) },
      },
      { ...alike, candidates: { ...alike.candidates, ...undecided } },
      mapScene(given, () => [0, 0, 0, 0]),
      mapScene(given, (box) => Array.from(box, (value) => 1000 * value)),
    ];
  };

  const usesValidOnly: Property = (given, seed) => {
    const rng = createRng(seed).fork('valid');
    const valid = Uint8Array.from({ length: given.candidates.boxes.length / 4 }, () => rng.int(2));
    return problems({ ...given, candidates: { ...given.candidates, valid } });
  };

  const isComplete: Property = (given) => {
    const most = Math.min(given.candidates.boxes.length / 4, given.targets.labels.length);
    const found = pairs(given).length;
    return found === most ? [] : [`${found} pairs, where ${most} are possible`];
  };

  return [
    { promise: 'it describes itself in JSON, the same each time', run: () => describesItself(make) },
    inRandomScenes('assignments are well-formed', problems),
    inRandomScenes('equal input and seed give equal results, whatever was assigned before', isDeterministic),
    inRandomScenes('input is left alone', leavesInputAlone),
    inScenes(
      'no targets give no pairs',
      () => [scene(1, 1, 0), scene(1, 7, 0)],
      (given) => [...problems(given), ...pairs(given).map((pair) => `there is a pair ${pair}`)],
    ),
    ...(levels ? [] : [inScenes('no candidates give no pairs', () => [scene(1, 0, 3), scene(1, 0, 0)])]),
    inScenes('more targets than candidates are taken', () => [scene(2, 1, 2), scene(2, 3, 40), scene(2, 12, 13)]),
    inScenes('degenerate boxes are taken: no area, outside the image, all the same', degenerate),
    inRandomScenes('candidates that are not valid are not used', usesValidOnly),
    ...(complete
      ? [
          inRandomScenes('there are as many pairs as there can be', isComplete, {
            targets: 30,
            way: 'A one-to-one rule that leaves objects out on purpose says so: complete: false.',
          }),
        ]
      : []),
  ];
};
