/** What can be wrong with a safetensors file. */
export type SafetensorsProblem =
  | 'truncated'
  | 'header-too-long'
  | 'bad-json'
  | 'bad-header'
  | 'duplicate-name'
  | 'unknown-dtype'
  | 'bad-shape'
  | 'bad-offsets'
  | 'out-of-range'
  | 'wrong-size'
  | 'overlap'
  | 'gap'
  | 'bad-name'
  | 'bad-value';

/** An error of this package: `code` says which rule was broken, `file` where it was found. */
export interface SafetensorsError extends Error {
  readonly name: 'SafetensorsError';
  readonly code: SafetensorsProblem;
  readonly file?: string;
}

/** Builds the error for a broken rule: what was seen, what was wanted, what to do. */
export const safetensorsError = (
  code: SafetensorsProblem,
  seen: string,
  wanted: string,
  fix = 'Write the file again with a safetensors writer; it is damaged or was cut short',
): SafetensorsError =>
  Object.assign(new Error(`@detrain/checkpoint: ${seen}. Wanted ${wanted}. ${fix}.`), {
    name: 'SafetensorsError' as const,
    code,
  });

/** Whether a value is an error of this package. */
export const isSafetensorsError = (error: unknown): error is SafetensorsError =>
  error instanceof Error && error.name === 'SafetensorsError';
