import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What the bytes of a part are bytes of: without it they cannot be gone on with. */
export interface PartSource {
  readonly url: string;
  /** The server's name for this content (a strong ETag, or the time it last changed). */
  readonly validator: string;
}

/**
 * A download under way. Each process writes a file of its own, `<name>.<pid>-<random>.part`, so nothing is locked; what a
 * process left behind is taken over by renaming it, which only one can do.
 */
export interface PartFile {
  readonly path: string;
  /** Bytes that are there, and of what; null when there are none to go on with. */
  resumable(url: string): { readonly bytes: number; readonly validator: string } | null;
  /** Notes what the bytes to come are. */
  describe(source: PartSource): void;
  /** Leaves the part for the next to go on with. */
  release(): void;
  /** The part is whole: it gets its name. */
  become(file: string): void;
  discard(): void;
}

/** A process that has not written for so long has stopped, whatever its number says. */
const STALE_MS = 10 * 60_000;
const NOBODY = 0;

const isRunning = (pid: number): boolean => {
  if (pid === NOBODY) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const sidecar = (part: string) => `${part}.json`;

const move = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch {
    // another process was faster
    return false;
  }
};

/** Null where nothing is known, or a crash left half of it. */
const readSource = (file: string): PartSource | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PartSource;
  } catch {
    return null;
  }
};

/** Parts of a name whose process has ended. */
const abandoned = (folder: string, name: string): string[] =>
  readdirSync(folder).flatMap((file) => {
    if (!file.startsWith(`${name}.`)) return [];
    const pid = /^(\d+)-[0-9a-f]{8}\.part$/.exec(file.slice(name.length + 1))?.[1];
    if (pid === undefined) return [];
    const part = path.join(folder, file);
    const age = Date.now() - (statSync(part, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    return isRunning(Number(pid)) && age < STALE_MS ? [] : [part];
  });

/** A part of a download in a folder, with what an interrupted process left of it, if any did. */
export const openPart = (folder: string, name: string): PartFile => {
  mkdirSync(folder, { recursive: true });
  const called = (pid: number) => path.join(folder, `${name}.${pid}-${randomBytes(4).toString('hex')}.part`);
  const part = called(process.pid);
  const [found, ...others] = abandoned(folder, name);
  if (found && move(found, part)) move(sidecar(found), sidecar(part));
  for (const other of others) for (const file of [other, sidecar(other)]) rmSync(file, { force: true });
  const discard = () => {
    for (const file of [part, sidecar(part)]) rmSync(file, { force: true });
  };
  return {
    path: part,
    resumable: (url) => {
      const source = readSource(sidecar(part));
      const bytes = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
      return source?.url === url && bytes > 0 ? { bytes, validator: source.validator } : null;
    },
    describe: (source) => writeFileSync(sidecar(part), JSON.stringify(source)),
    release: () => {
      const left = called(NOBODY);
      if (move(sidecar(part), sidecar(left))) move(part, left);
      else discard();
    },
    become: (file) => {
      renameSync(part, file);
      discard();
    },
    discard,
  };
};
