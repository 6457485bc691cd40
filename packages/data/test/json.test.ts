import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../src/json.ts';
import { jsonErrorOffset } from '../src/json-error.ts';

describe('jsonErrorOffset', () => {
  it('is the end of any JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => jsonErrorOffset(text) === text.length));
  });

  it('is the end of any JSON that breaks off', () => {
    fc.assert(
      fc.property(fc.object(), fc.nat(), (value, cut) => {
        const text = JSON.stringify([value]);
        const part = text.slice(0, cut % text.length);
        return jsonErrorOffset(part) >= part.replace(/[^{}[\],:"]*$/, '').length;
      }),
    );
  });

  it.each([
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ["{'a': 1}", 1],
    ['{"a" 1}', 5],
    ['[1, nul]', 4],
    ['[1]]', 3],
    ['{"a": [}', 7],
    ['[1, "two', 8],
    ['[01]', 2],
  ])('%s', (text, offset) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonErrorOffset(text)).toBe(offset);
  });
});

describe('parseJson', () => {
  it('reads NaN and Infinity outside of texts as null', () => {
    expect(parseJson('[NaN, -Infinity, "NaN", "\\"NaN", 1]')).toEqual({
      value: [null, null, 'NaN', '"NaN', 1],
      notFinite: 2,
    });
  });

  it('reads past a byte order mark', () => {
    expect(parseJson('\ufeff{"a": 1}').value).toEqual({ a: 1 });
  });
});
