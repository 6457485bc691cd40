import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkpointError } from '../error.ts';
import { createBudget } from './budget.ts';
import { type PthContent, storageIds } from './content.ts';
import { type Bytes, createCursor } from './cursor.ts';
import { broken } from './refuse.ts';
import { unpickle } from './unpickle.ts';
import { isKind, type PyStorage, type PyValue } from './value.ts';

/** What torch.save wrote first until 1.6. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

const fileBytes = (descriptor: number): Bytes => ({
  size: fstatSync(descriptor).size,
  read: (at, length) => {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const count = readSync(descriptor, bytes, filled, Math.min(length - filled, 2 ** 30), at + filled);
      if (count === 0)
        throw checkpointError('truncated', 'the file became shorter while it was read', 'a file at rest');
      filled += count;
    }
    return bytes;
  },
});

/** The three pickles that say what the file is; gives the byte after them. */
const readPreamble = (source: Bytes): number => {
  const budget = createBudget({ steps: 1000, memo: 100, depth: 10 });
  const magic = unpickle(source, { budget });
  if (magic.value !== MAGIC)
    throw checkpointError(
      'unknown-format',
      'a pickle that torch.save did not write',
      'a checkpoint',
      'Load it where it was made and save its weights with torch.save',
    );
  const protocol = unpickle(source, { start: magic.end, budget });
  if (protocol.value !== PROTOCOL) throw broken(`format ${String(protocol.value)}`, `${PROTOCOL}`);
  const system = unpickle(source, { start: protocol.end, budget });
  if (!isKind(system.value, 'dict') || system.value.entries.get('little_endian') !== true)
    throw checkpointError(
      'big-endian',
      'a checkpoint not marked little-endian',
      'little-endian',
      'Load and save it on a little-endian machine',
    );
  return system.end;
};

/** Where each storage's bytes begin: they follow in the order of the keys, each after its count. */
const locate = (source: Bytes, start: number, keys: PyValue, storages: ReadonlyMap<string, PyStorage>) => {
  if (!isKind(keys, 'list') || keys.items.length !== storages.size)
    throw broken('a list of keys that does not name each storage once', `${storages.size} keys`, 'bad-storage');
  const places = new Map<string, number>();
  let position = start;
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || places.has(storage.key))
      throw broken(`the storage key ${String(key)}, unknown or there twice`, 'each storage once', 'bad-storage');
    const { count, element } = storage;
    const stored = createCursor(source, position).integer(8);
    if (stored !== count)
      throw broken(`storage ${storage.key} of ${stored} elements`, `${count}, as the pickle says`, 'bad-storage');
    position += 8;
    places.set(storage.key, position);
    position += count * element.width;
    if (position > source.size)
      throw checkpointError(
        'truncated',
        `storage ${storage.key} ends at byte ${position} of ${source.size}`,
        'a whole file',
      );
  }
  if (position !== source.size) throw broken(`${source.size - position} bytes after the last storage`, 'nothing');
  return places;
};

/** Opens a checkpoint of PyTorch before 1.6: five pickles one after another, then the storages. It has no checksums. */
export const openLegacyCheckpoint = (file: string): PthContent => {
  const descriptor = openSync(file, 'r');
  try {
    const source = fileBytes(descriptor);
    const persistentLoad = storageIds(({ key, count, element }) => {
      if (count * element.width > source.size)
        throw broken(
          `storage ${key} of ${count} ${element.name}`,
          `less than the file's ${source.size} bytes`,
          'bad-storage',
        );
    });
    const root = unpickle(source, { start: readPreamble(source), persistentLoad });
    const keys = unpickle(source, { start: root.end });
    const places = locate(source, keys.end, keys.value, persistentLoad.all);
    return {
      root: root.value,
      size: source.size,
      readStorage: async ({ key, count, element }) => source.read(places.get(key) as number, count * element.width),
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
};
