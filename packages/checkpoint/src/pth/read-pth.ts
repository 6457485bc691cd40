import { inFile } from '../error.ts';
import { startOf } from '../sniff.ts';
import type { WeightsFile, WeightsFileOptions } from '../weights-file.ts';
import { openLegacyCheckpoint } from './legacy.ts';
import { materialise } from './materialise.ts';
import { chooseWeights } from './part.ts';
import { openZipCheckpoint } from './zip.ts';

/**
 * Reads the weights of a PyTorch checkpoint (`.pth`, `.pt`, `.bin`), zip or legacy, without executing anything in it.
 * Takes the average (`ema.module`) where there is one, else `model`, `state_dict`, `module` or a bare state dict, and
 * says which; only the storages of those are read.
 *
 * @throws CheckpointError naming the file and what is wrong with it: a global or opcode that is no data, damage, limits.
 */
export const readPth = async (file: string, { from }: WeightsFileOptions = {}): Promise<WeightsFile> => {
  try {
    const zip = startOf(file) === 'zip';
    const content = zip ? await openZipCheckpoint(file) : openLegacyCheckpoint(file);
    try {
      const { tensors, part, metadata } = chooseWeights(content.root, from);
      return {
        tensors: await materialise(content, tensors),
        metadata,
        source: zip ? 'pth' : 'pth-legacy',
        dtypes: [...new Set([...tensors.values()].flatMap(({ element }) => element.dtype ?? []))],
        ...(part === undefined ? {} : { part }),
      };
    } finally {
      content.close();
    }
  } catch (error) {
    throw inFile(error, file);
  }
};
