import { nearest } from '@detrain/core';
import type { z } from 'zod';
import { userError } from '../errors.ts';
import { configSchema } from './schema.ts';
import type { DetrainConfig } from './types.ts';

/** Something that is wrong with a config. */
export interface ConfigProblem {
  /** Where, e.g. `optimizer.learningRate`. */
  readonly path: string;
  /** What is there, as text. */
  readonly value: string;
  readonly fix: string;
}

const shown = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || value instanceof RegExp) return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
};

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], root);

/** The object schema behind `optional` and `union`, where there is one. */
const objectAt = (schema: unknown, path: readonly PropertyKey[]): Record<string, unknown> | null => {
  type Node = {
    def?: {
      type?: string;
      innerType?: unknown;
      options?: unknown[];
      element?: unknown;
      shape?: Record<string, unknown>;
    };
  };
  const { def } = schema as Node;
  if (!def) return null;
  if (def.innerType) return objectAt(def.innerType, path);
  if (def.options) return def.options.map((option) => objectAt(option, path)).find((shape) => shape !== null) ?? null;
  if (def.element) return objectAt(def.element, path.slice(1));
  if (!def.shape) return null;
  const [first, ...rest] = path;
  return first === undefined ? def.shape : objectAt(def.shape[String(first)] ?? {}, rest);
};

const unknownKeys = (issue: z.core.$ZodIssueUnrecognizedKeys, config: unknown): ConfigProblem[] => {
  const known = Object.keys(objectAt(configSchema, issue.path) ?? {});
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const path = [...issue.path, key];
    return {
      path: path.join('.'),
      value: shown(at(config, path)),
      fix: meant ? `no such option; did you mean ${meant}?` : `no such option; there are ${known.join(', ')}`,
    };
  });
};

/** Issues inside a union's branches say more than the union itself when a branch is an object of the right kind. */
const flatten = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] => {
  if (issue.code !== 'invalid_union') return [issue];
  const inner = issue.errors.find((errors) => errors.some((e) => e.path.length > 0 || e.code === 'unrecognized_keys'));
  if (!inner) return [issue];
  return inner.map((e) => ({ ...e, path: [...issue.path, ...e.path] }) as z.core.$ZodIssue);
};

/** All problems of a config, in the order of the file. */
export const configProblems = (config: unknown): ConfigProblem[] => {
  const result = configSchema.safeParse(config);
  if (result.success) return [];
  const seen = new Set<string>();
  return result.error.issues
    .flatMap(flatten)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? unknownKeys(issue, config)
        : [
            {
              path: issue.path.join('.') || '(the config)',
              value: shown(at(config, issue.path)),
              fix: `use ${issue.message}`,
            },
          ],
    )
    .filter(({ path, fix }) => !seen.has(path + fix) && seen.add(path + fix));
};

/** The config, checked. Throws a user error that lists every problem with its fix. */
export const checkedConfig = (config: unknown, source: string): DetrainConfig => {
  const problems = configProblems(config);
  if (problems.length === 0) return config as DetrainConfig;
  const lines = problems.map(({ path, value, fix }) => `  ${path} is ${value}: ${fix}`);
  throw userError(`${source} has ${problems.length} problem${problems.length > 1 ? 's' : ''}:\n${lines.join('\n')}`);
};
