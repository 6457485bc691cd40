import { statSync } from 'node:fs';
import { checkpointError } from '../error.ts';
import { type Archive, openArchive } from './archive.ts';
import { type PthContent, storageIds } from './content.ts';
import { inMemory } from './cursor.ts';
import { broken } from './refuse.ts';
import { unpickle } from './unpickle.ts';

/** Longest pickle that is read; a state dict's has a few hundred bytes a tensor. */
const MAX_PICKLE = 64 * 2 ** 20;

/** The archive's one top folder. */
const rootOf = ({ names }: Archive): string => {
  const roots = names.flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [root, ...more] = roots;
  if (root === undefined || more.length > 0)
    throw checkpointError(
      'unknown-format',
      `a zip archive with ${roots.length} files <name>/data.pkl`,
      'one, as torch.save writes it',
      'Give the .pth file itself, not an archive that it was packed into',
    );
  if (names.some((name) => name === `${root}/constants.pkl` || name.startsWith(`${root}/code/`)))
    throw checkpointError(
      'torchscript',
      'a TorchScript archive: a program, not a file of weights',
      'a state dict written by torch.save',
      "Save its weights with PyTorch: torch.save(torch.jit.load('in.pt', map_location='cpu').state_dict(), 'out.pth')",
    );
  return root;
};

const checkByteOrder = async (archive: Archive, root: string) => {
  const name = `${root}/byteorder`;
  const size = archive.sizeOf(name);
  if (size === null) return;
  if (size > 16) throw broken(`a byteorder entry of ${size} bytes`, '"little"', 'bad-archive');
  const order = new TextDecoder().decode(await archive.read(name)).trim();
  if (order === 'little') return;
  throw order === 'big'
    ? checkpointError(
        'big-endian',
        'a big-endian checkpoint',
        'little-endian',
        'Load and save it on a little-endian machine',
      )
    : broken(`a byte order of ${JSON.stringify(order)}`, '"little"', 'bad-archive');
};

/** Opens a checkpoint as PyTorch has written them since 1.6: a zip archive of a pickle and one entry a storage. */
export const openZipCheckpoint = async (file: string): Promise<PthContent> => {
  const archive = await openArchive(file);
  try {
    const root = rootOf(archive);
    await checkByteOrder(archive, root);
    const pickle = `${root}/data.pkl`;
    const size = archive.sizeOf(pickle) as number;
    if (size > MAX_PICKLE) throw broken(`a pickle of ${size} bytes`, `at most ${MAX_PICKLE}`, 'too-large');
    const entryOf = (key: string) => `${root}/data/${key}`;
    const persistentLoad = storageIds(({ key, count, element }) => {
      const stored = archive.sizeOf(entryOf(key));
      if (stored !== count * element.width)
        throw broken(
          `storage ${key} has ${stored ?? 'no'} bytes`,
          `${count * element.width} for ${count} of ${element.name}`,
          'bad-storage',
        );
    });
    const { value, end } = unpickle(inMemory(await archive.read(pickle)), { persistentLoad });
    if (end !== size) throw broken(`${size - end} bytes after the pickle`, 'nothing');
    return {
      root: value,
      size: statSync(file).size,
      readStorage: ({ key }) => archive.read(entryOf(key)),
      close: () => archive.close(),
    };
  } catch (error) {
    archive.close();
    throw error;
  }
};
