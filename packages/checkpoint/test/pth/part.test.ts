import { describe, expect, it } from 'vitest';
import { dict, type Fragment, int, list, NONE, orderedDict, pickle, tensor, text, tuple } from './assemble.ts';
import { usePlace } from './place.ts';

const { readPickle } = usePlace();

/** A [1] tensor with the value `value`. */
const one = (value: number) => tensor({ offset: int(value), shape: tuple(int(1)), strides: tuple(int(1)) });
const state = (values: Readonly<Record<string, number>>): Fragment =>
  dict(...Object.entries(values).map(([name, value]) => [text(name), one(value)] as const));
const root = (entries: Readonly<Record<string, Fragment>>) =>
  pickle(dict(...Object.entries(entries).map(([name, value]) => [text(name), value] as const)));

const chosen = async (bytes: Uint8Array) => {
  const { weights, message } = await readPickle(bytes);
  if (!weights) return message;
  return { part: weights.part, ...Object.fromEntries([...weights.tensors].map(([name, { data }]) => [name, data[0]])) };
};

describe('which weights are taken', () => {
  it.each<[string, Readonly<Record<string, Fragment>>, Readonly<Record<string, unknown>>]>([
    [
      'the average',
      { model: state({ w: 1 }), ema: dict([text('module'), state({ w: 2 })]) },
      { part: 'ema.module', w: 2 },
    ],
    ['model', { model: state({ w: 1 }), ema: NONE, epoch: int(3) }, { part: 'model', w: 1 }],
    ['state_dict', { state_dict: state({ w: 1 }), meta: dict() }, { part: 'state_dict', w: 1 }],
    ['module', { module: state({ w: 1 }), updates: int(3) }, { part: 'module', w: 1 }],
    ['a bare state dict', { w: one(1), b: one(2) }, { part: undefined, w: 1, b: 2 }],
    ['a bare state dict with an epoch', { w: one(1), epoch: int(2) }, { part: undefined, w: 1 }],
    ['model before state_dict', { state_dict: state({ w: 1 }), model: state({ w: 2 }) }, { part: 'model', w: 2 }],
    [
      'an average without tensors is none',
      { model: state({ w: 1 }), ema: dict([text('module'), dict()]) },
      { part: 'model', w: 1 },
    ],
    ['module. is left out', { model: state({ 'module.a': 1, 'module.b': 2 }) }, { part: 'model', a: 1, b: 2 }],
    [
      'module. stays where not all have it',
      { model: state({ 'module.a': 1, b: 2 }) },
      { part: 'model', 'module.a': 1, b: 2 },
    ],
    [
      'copies with ema_ are left out',
      { state_dict: state({ 'a.b': 1, ema_a_b: 2 }) },
      { part: 'state_dict', 'a.b': 1 },
    ],
    [
      'ema_ stays where it is no copy',
      { state_dict: state({ 'a.b': 1, ema_c: 2 }) },
      { part: 'state_dict', 'a.b': 1, ema_c: 2 },
    ],
  ])('%s', async (_, entries, expected) => {
    expect(await chosen(root(entries))).toEqual(expected);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no tensors', root({ model: dict(), epoch: int(3) }), /no weights in the checkpoint \(keys model, epoch\)/],
    ['a list of tensors', pickle(list(one(1))), /no weights in the checkpoint \(list\)/],
    ['a number', pickle(int(3)), /no weights in the checkpoint \(a number\)/],
    [
      'a mapping among the weights',
      root({ model: dict([text('w'), one(1)], [text('x'), orderedDict()]) }),
      /"x" among the weights is OrderedDict/,
    ],
    ['a list among the weights', root({ w: one(1), x: list() }), /"x" among the weights is list/],
    [
      'a numbered tensor',
      root({ model: dict([text('w'), one(1)], [int(0), one(2)]) }),
      /"0" among the weights is tensor/,
    ],
  ])('%s is an error', async (_, bytes, message) => {
    expect(await chosen(bytes)).toMatch(message);
  });

  it('plain values beside the weights are metadata', async () => {
    const { weights } = await readPickle(
      root({ model: state({ w: 1 }), date: text('2025-01-31'), last_epoch: int(7), args: dict() }),
    );
    expect(weights?.metadata).toEqual({ date: '2025-01-31', last_epoch: '7' });
  });

  it('names of prototypes are names', async () => {
    const { weights } = await readPickle(root({ model: state({ __proto__x: 1, constructor: 2, toString: 3 }) }));
    expect([...(weights?.tensors.keys() ?? [])]).toEqual(['__proto__x', 'constructor', 'toString']);
  });
});
