import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { userError } from '../../errors.ts';

/** How a project's packages are managed. */
export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn';
  /** The folder of the lockfile: the project's, or the workspace's that it belongs to. */
  readonly root: string;
  /**
   * Arguments that add one version of a package without running anyone's install scripts. It becomes an optional dependency:
   * a machine on which its own script fails can still install the project.
   */
  add(specifier: string): readonly string[];
  remove(name: string): readonly string[];
  /** What else keeps scripts from running. */
  readonly env: Readonly<Record<string, string>>;
}

const LOCKFILES = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
} as const;

type Name = PackageManager['name'];
const isName = (text: string): text is Name => text === 'npm' || text === 'pnpm' || text === 'yarn';

/** A folder's manifest; an empty one where there is none. */
const manifestOf = (folder: string): { readonly packageManager?: string; readonly workspaces?: unknown } => {
  const file = path.join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
};

/** The manager that a folder names, in its manifest or by its lockfile. */
const namedIn = (folder: string): Name | undefined => {
  const declared = manifestOf(folder).packageManager?.split('@')[0] ?? '';
  if (isName(declared)) return declared;
  return Object.entries(LOCKFILES).find(([file]) => existsSync(path.join(folder, file)))?.[1];
};

/** A folder and those above it, nearest first. */
export const parents = (folder: string): string[] => {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...parents(parent)];
};

const commands: Readonly<Record<Name, (inWorkspaceRoot: boolean) => Pick<PackageManager, 'add' | 'remove'>>> = {
  npm: () => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
    return {
      add: (specifier) => ['install', '--save-optional', '--save-exact', ...quiet, specifier],
      remove: (name) => ['uninstall', ...quiet, name],
    };
  },
  pnpm: (inWorkspaceRoot) => {
    const where = inWorkspaceRoot ? ['--workspace-root'] : [];
    const quiet = ['--config.ignore-scripts=true', ...where];
    return {
      add: (specifier) => ['add', '--save-optional', '--save-exact', ...quiet, specifier],
      remove: (name) => ['remove', ...quiet, name],
    };
  },
  yarn: (inWorkspaceRoot) => {
    const where = inWorkspaceRoot ? ['--ignore-workspace-root-check'] : [];
    return {
      add: (specifier) => ['add', '--optional', '--exact', '--ignore-scripts', ...where, specifier],
      remove: (name) => ['remove', '--ignore-scripts', ...where, name],
    };
  },
};

/** What yarn answers in a folder; empty where there is no yarn. */
const ask = (folder: string, ...args: readonly string[]): string =>
  (spawnSync('yarn', args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' }).stdout ?? '').trim();

/** Whether it is Yarn 2 or later, which takes no option for scripts but knows a variable. Throws where it links no folders. */
const isModernYarn = (folder: string): boolean => {
  if (!/^([2-9]|\d\d)/.test(ask(folder, '--version'))) return false;
  if (ask(folder, 'config', 'get', 'nodeLinker') !== 'pnp') return true;
  throw userError(
    "This project uses Yarn's Plug'n'Play, where nothing can be built in place. Set nodeLinker: node-modules in .yarnrc.yml and run the command again.",
  );
};

/**
 * The package manager of a project: what its `packageManager` field or lockfile says, else those of the folders above it,
 * else npm. Throws a user error for Yarn's Plug'n'Play, which has no folder to build a binding in.
 */
export const packageManagerOf = (folder: string): PackageManager => {
  const root = parents(folder).find((candidate) => namedIn(candidate)) ?? folder;
  const name = namedIn(root) ?? 'npm';
  const workspaces = existsSync(path.join(root, 'pnpm-workspace.yaml')) || manifestOf(root).workspaces !== undefined;
  const modern = name === 'yarn' && isModernYarn(folder);
  const { add, remove } = commands[name](workspaces && root === folder);
  const known = (args: readonly string[]) => (modern ? args.filter((arg) => !arg.startsWith('--ignore')) : args);
  return {
    name,
    root,
    add: (specifier) => known(add(specifier)),
    remove: (packageName) => known(remove(packageName)),
    env: modern ? { YARN_ENABLE_SCRIPTS: 'false' } : {},
  };
};
