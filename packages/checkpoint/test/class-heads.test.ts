import type { HostTensor } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classRows, copyClassRows, isClassTensor } from '../src/index.ts';

const table = (rows: number, width: number, value: (row: number, column: number) => number): HostTensor => ({
  shape: width === 1 ? [rows] : [rows, width],
  dtype: 'float32',
  data: Float32Array.from({ length: rows * width }, (_, i) => value(Math.floor(i / width), i % width)),
});

/** The class tensors of a detector: row r of class r is all `start + r`; the embedding's last row is zero. */
const heads = (classes: number, start: number): Map<string, HostTensor> =>
  new Map([
    ['decoder.enc_score_head.weight', table(classes, 4, (row) => start + row)],
    ['decoder.enc_score_head.bias', table(classes, 1, (row) => start + row)],
    ['decoder.dec_score_head.0.weight', table(classes, 4, (row) => start + row)],
    ['decoder.dec_score_head.0.bias', table(classes, 1, (row) => start + row)],
    ['decoder.denoising_class_embed.weight', table(classes + 1, 4, (row) => (row === classes ? 0 : start + row))],
    ['decoder.dec_bbox_head.0.layers.0.weight', table(4, 4, () => start)],
  ]);

describe('class heads', () => {
  it('are told from other tensors by name', () => {
    expect([...heads(2, 0).keys()].map(isClassTensor)).toEqual([true, true, true, true, true, false]);
    expect(isClassTensor('decoder.pre_bbox_head.layers.0.bias')).toBe(false);
  });

  it('say how many classes a file tells apart', () => {
    expect(classRows(heads(80, 0))).toBe(80);
    expect(classRows(new Map([['backbone.stem.weight', table(2, 2, () => 0)]]))).toBeNull();
    const mixed = new Map([...heads(80, 0), ['decoder.dec_score_head.1.bias', table(3, 1, () => 0)] as const]);
    expect(() => classRows(mixed)).toThrow(
      '@detrain/checkpoint: score heads of 80 and 3 classes in one file. All must have as many. Use the weights of one model.',
    );
  });

  it('rows go where they are sent, and every other number stays, whatever the two lists of classes', () => {
    const lists = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([theirs, ours]) =>
        fc.tuple(
          fc.constant(theirs),
          fc.array(fc.integer({ min: -1, max: theirs - 1 }), { minLength: ours, maxLength: ours }),
        ),
      );
    fc.assert(
      fc.property(lists, ([theirs, from]) => {
        const ours = heads(from.length, 1000);
        const { copied, mismatched } = copyClassRows(ours, heads(theirs, 0), from);
        expect(copied).toHaveLength(5);
        expect(mismatched).toEqual([]);
        const expected = heads(from.length, 0);
        for (const [name, { data, shape }] of ours) {
          const width = data.length / (shape[0] ?? 1);
          const wanted = [...(expected.get(name) as HostTensor).data].map((_, i) => {
            const row = Math.floor(i / width);
            if (!isClassTensor(name)) return 1000;
            if (row === from.length) return 0;
            return from[row] === -1 ? 1000 + row : from[row];
          });
          expect([...data], name).toEqual(wanted);
        }
      }),
    );
  });

  it('of another width are left alone and named; rows that are not there are refused', () => {
    const wide = new Map([['decoder.enc_score_head.weight', table(3, 5, () => 7)]]);
    const ours = heads(2, 0);
    expect(copyClassRows(ours, wide, [0, 1])).toEqual({ copied: [], mismatched: ['decoder.enc_score_head.weight'] });
    expect(() => copyClassRows(ours, heads(2, 5), [0, 2])).toThrow(
      /row 2 of decoder.enc_score_head.weight is asked for/,
    );
  });
});
