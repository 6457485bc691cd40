import { createWriteStream, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { userError } from '../../errors.ts';

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
const HEADERS = /^tensorflow\/include\/((?:tensorflow\/c|tensorflow\/core\/platform|tsl)\/.*\.h)$/;

/** Where a file of the wheel belongs below `deps`; undefined for what is not needed. */
const placeOf = (name: string): string | undefined => {
  const library = LIBRARIES.find((known) => name === `tensorflow/${known}`);
  if (library) return path.join('lib', library);
  const header = HEADERS.exec(name)?.[1];
  return header && path.join('include', header);
};

/** The names that the binding is linked with; the one with a version is how its installer knows that nothing is to be downloaded. */
const LINKS = {
  'libtensorflow.so': LIBRARIES[0],
  'libtensorflow.so.2.9.1': LIBRARIES[0],
  'libtensorflow_framework.so': LIBRARIES[1],
} as const;

/**
 * Unpacks TensorFlow's libraries and C headers from a wheel as the binding's installer would lay them out. The wheel's
 * checksum must have been checked.
 *
 * @throws a user error when it does not hold them
 */
export const unpackLibraries = async (wheel: string, deps: string, signal?: AbortSignal): Promise<void> => {
  const zip = await openPromise(wheel, { autoClose: false, lazyEntries: true, strictFileNames: true });
  const unpacked = new Set<string>();
  try {
    for await (const entry of zip.eachEntry()) {
      const place = placeOf(entry.fileName);
      if (!place) continue;
      const file = path.join(deps, place);
      mkdirSync(path.dirname(file), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file, { mode: 0o755 }), { signal });
      unpacked.add(place);
    }
  } finally {
    zip.close();
  }
  const missing = [
    ...LIBRARIES.map((name) => path.join('lib', name)),
    path.join('include', 'tensorflow', 'c', 'c_api.h'),
  ];
  const lacks = missing.filter((place) => !unpacked.has(place));
  if (lacks.length > 0) throw userError(`${wheel} lacks ${lacks.join(' and ')}. Delete it and run the command again.`);
  for (const [name, library] of Object.entries(LINKS)) symlinkSync(library, path.join(deps, 'lib', name));
};
