import { checkpointError } from '../error.ts';
import { storageClasses } from './elements.ts';
import type { PersistentLoad } from './machine.ts';
import { broken } from './refuse.ts';
import { describe, isKind, type PyStorage, type PyValue } from './value.ts';

/** An open checkpoint: what its pickle says, and the bytes of its storages when they are asked for. */
export interface PthContent {
  readonly root: PyValue;
  /** Bytes of the whole file. */
  readonly size: number;
  /** A storage's bytes, in memory of their own. */
  readStorage(storage: PyStorage): Promise<Uint8Array>;
  close(): void;
}

/**
 * Understands `('storage', class, key, location, count)`, which PyTorch writes in place of a storage, with a sixth item in
 * old files. The same key gives the same storage.
 */
export const storageIds = (
  check: (storage: PyStorage) => void,
): PersistentLoad & { readonly all: Map<string, PyStorage> } => {
  const all = new Map<string, PyStorage>();
  const load: PersistentLoad = (id) => {
    const [tag, cls, key, location, count, view = null, ...more] = isKind(id, 'tuple') ? id.items : [];
    const element = isKind(cls, 'global') ? storageClasses.get(cls.name) : undefined;
    if (tag !== 'storage' || !element || typeof key !== 'string' || typeof location !== 'string' || more.length > 0)
      throw broken(
        `a persistent id of ${describe(id)} (${describe(cls)})`,
        "('storage', class, key, location, count)",
        'bad-storage',
      );
    if (!/^\d{1,20}$/.test(key))
      throw broken(`the storage key ${JSON.stringify(key.slice(0, 40))}`, 'a number', 'bad-storage');
    if (typeof count !== 'number' || !Number.isSafeInteger(count * element.width) || count < 0)
      throw broken(`storage ${key} of ${String(count)} elements`, 'a size', 'bad-storage');
    if (view !== null)
      throw checkpointError(
        'bad-storage',
        `storage ${key} is a view of another`,
        'storages of their own, as PyTorch has written them since 0.4',
        'Load the file with PyTorch and save it again',
      );
    const known = all.get(key);
    if (!known) {
      const storage: PyStorage = { kind: 'storage', key, element, count };
      check(storage);
      all.set(key, storage);
      return storage;
    }
    if (known.element.width !== element.width || known.element.dtype !== element.dtype || known.count !== count)
      throw broken(
        `storage ${key} is ${count} of ${element.name} and ${known.count} of ${known.element.name}`,
        'one description',
        'bad-storage',
      );
    return known;
  };
  return Object.assign(load, { all });
};
