import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { type CheckpointProblem, isCheckpointError, readWeightsFile, type WeightsFile } from '../../src/index.ts';
import { checkpointEntries, zip } from './zip-writer.ts';

/** What a file came to: its weights, or the code and message of the error. Any other error fails the test. */
export type Outcome =
  | { readonly weights: WeightsFile; readonly code?: undefined; readonly message?: undefined }
  | { readonly weights?: undefined; readonly code: CheckpointProblem; readonly message: string };

/** A folder of its own for files to read. When all is done it must hold what was put there, and nothing else. */
export const usePlace = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'detrain-pth-'));
  const file = path.join(folder, 'weights.pth');
  /** Where hostile pickles would leave a trace, were they run. */
  const trace = path.join(folder, 'executed');
  afterAll(() => {
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    expect(left.filter((name) => name !== 'weights.pth')).toEqual([]);
  });
  const read = async (bytes: Uint8Array): Promise<Outcome> => {
    writeFileSync(file, bytes);
    try {
      return { weights: await readWeightsFile(file) };
    } catch (error) {
      if (isCheckpointError(error)) return { code: error.code, message: error.message };
      throw error;
    }
  };
  return { trace, read, readPickle: (pickle: Uint8Array) => read(zip(checkpointEntries(pickle))) };
};
