import { z } from 'zod';

interface Bounds {
  readonly integer?: boolean;
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  readonly below?: number;
  readonly example: string;
}

/** Every check of a field fails with the same sentence: what is wanted, with an example. */
export const number = ({ integer, min, above, max, below, example }: Bounds) => {
  const range = [
    min !== undefined && `from ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `to ${max}`,
    below !== undefined && `below ${below}`,
  ]
    .filter(Boolean)
    .join(' ');
  const error = `${integer ? 'a whole number' : 'a number'}${range ? ` ${range}` : ''}, such as ${example}`;
  let schema = z.number({ error });
  if (integer) schema = schema.int({ error });
  if (min !== undefined) schema = schema.min(min, { error });
  if (above !== undefined) schema = schema.gt(above, { error });
  if (max !== undefined) schema = schema.max(max, { error });
  if (below !== undefined) schema = schema.lt(below, { error });
  return schema;
};

export const text = (example: string) =>
  z.string({ error: `text, such as ${example}` }).min(1, { error: `text, such as ${example}` });

export const oneOf = <const T extends readonly [string, ...string[]]>(options: T) =>
  z.enum(options, { error: `one of ${options.join(', ')}` });

/** A function: called later, so only its kind is checked here. */
export const callable = <T>(error: string) => z.custom<T>((value) => typeof value === 'function', { error });
