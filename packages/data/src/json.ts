import { positionOf } from './files.ts';
import { jsonErrorOffset } from './json-error.ts';

/** What reading a JSON text gave: its value, or where it breaks off. */
export interface JsonResult {
  readonly value?: unknown;
  /** NaN or Infinity stood in the text (Python writes them); each was read as null. */
  readonly notFinite: number;
  readonly error?: { readonly message: string; readonly line: number; readonly column: number };
}

const NOT_FINITE = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** Parses JSON and says where it is broken; NaN and Infinity, which are no JSON, are read as null and counted. */
export const parseJson = (text: string): JsonResult => {
  const clean = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return { value: JSON.parse(clean), notFinite: 0 };
  } catch (first) {
    let notFinite = 0;
    const patched = /NaN|Infinity/.test(clean)
      ? clean.replace(NOT_FINITE, (token) => {
          if (token.startsWith('"')) return token;
          notFinite++;
          return 'null';
        })
      : clean;
    if (notFinite > 0) {
      try {
        return { value: JSON.parse(patched), notFinite };
      } catch {
        // Broken otherwise as well: the first error says where.
      }
    }
    const message = first instanceof Error ? first.message : String(first);
    const reason = message.replace(/ in JSON at position.*| \(line.*|, (\.{3})?".*is not valid JSON$/s, '');
    return { notFinite, error: { message: reason, ...positionOf(clean, jsonErrorOffset(clean)) } };
  }
};
