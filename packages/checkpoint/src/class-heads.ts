import { fail, type HostTensor } from '@detrain/core';

const SCORE_HEAD = /(^|\.)(enc_score_head|dec_score_head\.\d+)\.(weight|bias)$/;
/** One row more than there are classes: the last one pads. */
const EMBEDDING = /(^|\.)denoising_class_embed\.weight$/;

/** Whether a tensor has a row for each class: the score heads and the denoising queries' embedding (specs: D-FINE, DEIM, RT-DETR). */
export const isClassTensor = (name: string): boolean => SCORE_HEAD.test(name) || EMBEDDING.test(name);

/**
 * Classes that a file's score heads tell apart; null when it has none.
 *
 * @throws when two heads differ
 */
export const classRows = (tensors: ReadonlyMap<string, HostTensor>): number | null => {
  const heads = [...tensors].filter(([name]) => SCORE_HEAD.test(name));
  const counts = [...new Set(heads.map(([, { shape }]) => shape[0] ?? 0))];
  if (counts.length > 1)
    fail(
      '@detrain/checkpoint',
      `score heads of ${counts.join(' and ')} classes in one file`,
      'All must have as many',
      'Use the weights of one model',
    );
  return counts[0] ?? null;
};

/** What {@link copyClassRows} did. */
export interface CopiedRows {
  /** Names of the tensors that rows were copied to. */
  readonly copied: readonly string[];
  /** Names of tensors that have rows of another width in the file. */
  readonly mismatched: readonly string[];
}

/**
 * Copies the rows of a file's class tensors to the classes they stand for, in place; classes without a row keep what they had.
 *
 * @param parameters the model's, freshly initialised
 * @param tensors the file's, under the model's names
 * @param from per class of the model the file's row, -1 for none
 * @throws when a row is asked for that the file has not
 */
export const copyClassRows = (
  parameters: ReadonlyMap<string, HostTensor>,
  tensors: ReadonlyMap<string, HostTensor>,
  from: readonly number[],
): CopiedRows => {
  const copied: string[] = [];
  const mismatched: string[] = [];
  for (const [name, target] of parameters) {
    const source = tensors.get(name);
    if (!source || !isClassTensor(name)) continue;
    const width = target.data.length / (target.shape[0] ?? 1);
    const rows = source.shape[0] ?? 0;
    if (source.data.length !== width * rows) {
      mismatched.push(name);
      continue;
    }
    const classes = rows - (EMBEDDING.test(name) ? 1 : 0);
    const beyond = from.find((row) => row >= classes);
    if (beyond !== undefined)
      fail(
        '@detrain/checkpoint',
        `row ${beyond} of ${name} is asked for`,
        `The file has ${classes} classes`,
        'Name the classes of its rows, one each',
      );
    from.forEach((row, index) => {
      if (row >= 0) target.data.set(source.data.subarray(row * width, (row + 1) * width), index * width);
    });
    copied.push(name);
  }
  return { copied, mismatched };
};
