import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { userError } from '../../errors.ts';
import { type PackageManager, packageManagerOf, parents } from './package-manager.ts';
import { runProgram, tellingLines } from './programs.ts';
import type { Target } from './target.ts';

/** A package as it lies in a project. */
export interface Installed {
  readonly folder: string;
  readonly version: string;
  /** The line that its own manifest gives for after the installation. */
  readonly script: string | undefined;
  /** The module that `import` takes. */
  readonly main: string;
}

/** The project that gets the engine. */
export interface Project {
  readonly folder: string;
  readonly manager: PackageManager;
}

/** The project in a folder. Throws a user error where there is none. */
export const openProject = (folder: string): Project => {
  if (!existsSync(path.join(folder, 'package.json')))
    throw userError(
      `There is no package.json in ${folder}. Run the command in your project's folder; npm init -y makes one.`,
    );
  return { folder, manager: packageManagerOf(folder) };
};

/** A package as the project's own modules find it; undefined where they find none. Node's own search remembers what is gone. */
export const installedIn = ({ folder }: Project, name: string): Installed | undefined => {
  const file = parents(folder)
    .map((place) => path.join(place, 'node_modules', name, 'package.json'))
    .find((candidate) => existsSync(candidate));
  if (!file) return undefined;
  const { version, main, scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
    version: string;
    main: string;
    scripts?: { install?: string };
  };
  const place = realpathSync(path.dirname(file));
  return { folder: place, version, script: scripts?.install, main: path.join(place, main) };
};

/** Files of a project that adding a package may change. */
const CHANGED = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
];

const readFiles = ({ folder, manager }: Project): Map<string, Buffer | null> => {
  const files = [...new Set([folder, manager.root])].flatMap((place) => CHANGED.map((name) => path.join(place, name)));
  return new Map(files.map((file) => [file, existsSync(file) ? readFileSync(file) : null]));
};

const writeFiles = (files: ReadonlyMap<string, Buffer | null>) => {
  for (const [file, content] of files) {
    if (content === null) rmSync(file, { force: true });
    else if (!existsSync(file) || !readFileSync(file).equals(content)) writeFileSync(file, content);
  }
};

/** Folders of the package that a build makes. */
const BUILT = ['deps', 'lib'] as const;

/** Puts aside what an earlier build left, and gives the manifest, which a build writes into, bytes of its own: the file may be shared with a store. */
const setAside = (folder: string) => {
  const at = (name: string) => path.join(folder, name);
  const aside = (name: string) => path.join(folder, `${name}.before`);
  const there = BUILT.filter((name) => existsSync(at(name)));
  for (const name of there) {
    rmSync(aside(name), { recursive: true, force: true });
    renameSync(at(name), aside(name));
  }
  const manifest = 'package.json';
  copyFileSync(at(manifest), at(`${manifest}.own`));
  renameSync(at(manifest), aside(manifest));
  renameSync(at(`${manifest}.own`), at(manifest));
  return {
    keepNew: () => {
      for (const name of there) rmSync(aside(name), { recursive: true, force: true });
      renameSync(aside(manifest), at(manifest));
    },
    putBack: () => {
      for (const name of BUILT) rmSync(at(name), { recursive: true, force: true });
      for (const name of [...there, manifest]) renameSync(aside(name), at(name));
    },
  };
};

const manage = async ({ folder, manager }: Project, args: readonly string[], signal?: AbortSignal) => {
  const { code, output } = await runProgram(manager.name, args, {
    cwd: folder,
    env: { ...process.env, ...manager.env },
    shell: process.platform === 'win32',
    ...(signal ? { signal } : {}),
  });
  if (code !== 0) throw userError(`${manager.name} ${args.join(' ')} failed:\n${tellingLines(output)}`);
};

const INTERRUPTED = 'Interrupted. The project is as it was.';

/** Whether an error of `changeProject` says that the user ended it. */
export const isInterruption = (error: unknown): boolean => error instanceof Error && error.message === INTERRUPTED;

/**
 * Adds the package where it is not there, and builds it. Whatever fails, Ctrl-C included, the project is left as it was: its
 * manifest, its lockfile, and what lay in the package's folder.
 *
 * @param build Makes the package work. What it gives is given on, and what it throws is thrown on.
 */
export const changeProject = async <T>(
  project: Project,
  { name, version }: Pick<Target, 'name' | 'version'>,
  build: (installed: Installed, signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const files = readFiles(project);
  const before = installedIn(project, name);
  const interruption = new AbortController();
  const stop = () => interruption.abort();
  process.on('SIGINT', stop);
  try {
    if (!before) await manage(project, project.manager.add(`${name}@${version}`), interruption.signal);
    const installed = installedIn(project, name);
    if (!installed) throw userError(`${project.manager.name} added ${name}, but ${project.folder} does not find it.`);
    const earlier = setAside(installed.folder);
    let result: T;
    try {
      result = await build(installed, interruption.signal);
      interruption.signal.throwIfAborted();
    } catch (error) {
      earlier.putBack();
      throw error;
    }
    earlier.keepNew();
    return result;
  } catch (error) {
    if (!before && installedIn(project, name)) await manage(project, project.manager.remove(name)).catch(() => {});
    writeFiles(files);
    throw interruption.signal.aborted ? userError(INTERRUPTED) : error;
  } finally {
    process.off('SIGINT', stop);
  }
};
