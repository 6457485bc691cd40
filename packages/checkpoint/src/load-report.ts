import { nearest } from '@detrain/core';

/** How a file's tensors fit a model's. */
export interface LoadReport {
  /** Names of the model that the file lacks. */
  readonly missing: readonly string[];
  /** Names of the file that the model does not know. */
  readonly unexpected: readonly string[];
  /** Names both know with different shapes. */
  readonly mismatched: readonly {
    readonly name: string;
    readonly expected: readonly number[];
    readonly found: readonly number[];
  }[];
  /** What the file left out in front of its names (`backbone.`); empty where it left out nothing. */
  readonly prefix: string;
}

/** Names shown of each kind. */
const SHOWN = 5;

const list = (what: string, names: readonly string[], show: (name: string) => string = (name) => name) => {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? `, … (${names.length} in all)` : '';
  return [`${what}: ${names.slice(0, SHOWN).map(show).join(', ')}${more}`];
};

/** What does not fit, in a line, with the nearest name that the model still lacks; empty when all fits. */
export const complaint = ({ missing, unexpected, mismatched }: LoadReport): string =>
  [
    ...list('missing', missing),
    ...list('unexpected', unexpected, (name) => {
      const meant = nearest(name, missing);
      return meant === null ? name : `${name} (nearest missing: ${meant})`;
    }),
    ...list(
      'other shape',
      mismatched.map(({ name, found, expected }) => `${name} [${found}] for [${expected}]`),
    ),
  ].join('; ');
