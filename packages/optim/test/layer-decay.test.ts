import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layerDecay, parameterGroups } from '../src/index.ts';

const names = ['stem.w', 'stage.bn.w', 'stage.w', 'head.w', 'head.bias'];
const depth = (name: string) => ({ stem: 3, stage: 2 })[name.split('.')[0] as 'stem'] ?? 0;

test('rates fall with depth on top of those of the groups, and the last group is the nearest to the output', () => {
  const groups = parameterGroups(
    names,
    [
      { match: /^st/, learningRate: 0.5 },
      { match: /bn|bias/, weightDecay: 0 },
    ],
    {
      learningRate: 1,
      weightDecay: 0.1,
    },
  );
  expect(layerDecay(groups, 0.5, depth)).toEqual([
    { names: ['stem.w'], learningRate: 0.5 * 0.125, weightDecay: 0.1 },
    { names: ['stage.bn.w', 'stage.w'], learningRate: 0.5 * 0.25, weightDecay: 0.1 },
    { names: ['head.bias'], learningRate: 1, weightDecay: 0 },
    { names: ['head.w'], learningRate: 1, weightDecay: 0.1 },
  ]);
});

test('a decay of 1 leaves every rate; any decay keeps every name once', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 1, noNaN: true }), (decay) => {
      const groups = parameterGroups(names, [{ match: /stage/, learningRate: 0.3 }], {
        learningRate: 1,
        weightDecay: 0,
      });
      const split = layerDecay(groups, decay, depth);
      expect(split.flatMap((group) => group.names).sort()).toEqual([...names].sort());
      for (const group of split)
        for (const name of group.names)
          expect(group.learningRate).toBe((name.startsWith('stage') ? 0.3 : 1) * decay ** depth(name));
    }),
  );
});

test('a decay out of range is refused', () => {
  for (const decay of [0, -1, 1.1, Number.NaN])
    expect(() => layerDecay([], decay, depth)).toThrow(/@detrain\/optim: a layer decay of/);
});
