/** What can be wrong with a file of weights. */
export type CheckpointProblem =
  // safetensors
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
  | 'bad-value'
  // PyTorch's .pth: the archive
  | 'bad-archive'
  | 'bad-crc'
  | 'torchscript'
  | 'big-endian'
  // … its pickle
  | 'bad-pickle'
  | 'refused-opcode'
  | 'refused-global'
  | 'refused-call'
  | 'cycle'
  | 'too-large'
  // … its tensors
  | 'bad-tensor'
  | 'bad-storage'
  // ONNX
  | 'bad-onnx'
  // any file
  | 'unknown-format'
  | 'no-weights';

/** An error of this package: `code` says which rule was broken, `file` where it was found. */
export interface CheckpointError extends Error {
  readonly name: 'CheckpointError';
  readonly code: CheckpointProblem;
  readonly file?: string;
}

/** Builds the error for a broken rule: what was seen, what was wanted, what to do. */
export const checkpointError = (
  code: CheckpointProblem,
  seen: string,
  wanted: string,
  fix = 'Write the file again or fetch it anew; it is damaged or was cut short',
): CheckpointError =>
  Object.assign(new Error(`@detrain/checkpoint: ${seen}. Wanted ${wanted}. ${fix}.`), {
    name: 'CheckpointError' as const,
    code,
  });

/** Whether a value is an error of this package. */
export const isCheckpointError = (error: unknown): error is CheckpointError =>
  error instanceof Error && error.name === 'CheckpointError';

/** The same error with the file's name. */
export const inFile = (error: unknown, file: string): unknown =>
  isCheckpointError(error) && error.file === undefined
    ? Object.assign(error, { file, message: `${error.message} File: ${file}` })
    : error;
