import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { glibcVersion } from '@detrain/engine/heap';
import { bytes } from '../../terminal/format.ts';
import { findProgram } from './programs.ts';
import { unreachable } from './reachable.ts';

/** What the binding is built with. */
export interface Toolchain {
  /** node-gyp's script. */
  readonly nodeGyp: string;
  /** The folder above `include/node`; undefined where node-gyp downloads Node's headers itself. */
  readonly nodedir: string | undefined;
}

/** What is looked at, so that tests can look at something else. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly execPath: string;
  /** The C library's version; undefined on musl. */
  readonly glibc: string | undefined;
  readonly freeBytes: (folder: string) => number;
}

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** This machine. */
export const thisMachine = (): Machine => ({
  env: process.env,
  execPath: process.execPath,
  glibc: glibcVersion(),
  freeBytes,
});

/** The oldest C library that wheels tagged manylinux_2_17 run on. */
const LEAST_GLIBC = 17;

const NODE_HEADERS = path.join('include', 'node', 'node_api.h');

/** Node-API is the same in every Node, so headers of another one will do. */
const headersFolder = ({ env, execPath }: Machine): string | undefined =>
  [
    env['npm_config_nodedir'],
    path.dirname(path.dirname(realpathSync(execPath))),
    path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'node-gyp', process.versions.node),
    '/usr/local',
    '/usr',
  ].find((folder) => folder && existsSync(path.join(folder, NODE_HEADERS)));

const headersUrl = ({ env }: Machine): string => {
  const base = env['NODEJS_ORG_MIRROR'] || env['npm_config_disturl'] || 'https://nodejs.org/dist';
  return `${base.replace(/\/$/, '')}/${process.version}/node-${process.version}-headers.tar.gz`;
};

/** npm and pnpm each carry a node-gyp. */
const nodeGypScript = ({ env, execPath }: Machine): string | undefined => {
  const inside = path.join('node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const npm = findProgram('npm', env);
  return [
    env['npm_config_node_gyp'],
    path.join(path.dirname(path.dirname(execPath)), 'lib', 'node_modules', 'npm', inside),
    npm && path.join(path.dirname(path.dirname(realpathSync(npm))), inside),
    env['npm_execpath'] && path.join(path.dirname(path.dirname(env['npm_execpath'])), inside),
  ].find((file) => file && existsSync(file));
};

const missingPrograms = ({ env }: Machine): string[] => {
  const wanted = [env['CXX'] || 'g++', env['MAKE'] || 'make', env['PYTHON'] || 'python3'];
  const missing = wanted.filter((name) => !findProgram(name.split(' ')[0] as string, env));
  return missing.length === 0
    ? []
    : [
        `${missing.join(', ')} not found: install a C++ compiler, make and Python 3 (Debian: apt install g++ make python3)`,
      ];
};

const libraryProblem = ({ glibc }: Machine): string[] => {
  if (glibc === undefined)
    return [
      'this Linux has no glibc (Alpine and others use musl), and TensorFlow is built for glibc alone: use the compiled engine, or a Debian-based image',
    ];
  return Number(glibc.split('.')[1]) >= LEAST_GLIBC || Number(glibc.split('.')[0]) > 2
    ? []
    : [`glibc is ${glibc}, and TensorFlow's libraries need 2.${LEAST_GLIBC}: use a newer system`];
};

/**
 * Looks whether the binding can be built here and `needed` bytes unpacked into a folder.
 *
 * @returns what to build with, or everything that stands in the way
 */
export const toolchain = async (
  folder: string,
  needed: number,
  machine: Machine = thisMachine(),
): Promise<Toolchain | readonly string[]> => {
  const problems = [...libraryProblem(machine), ...missingPrograms(machine)];
  const free = machine.freeBytes(folder);
  if (free < needed)
    problems.push(`the disk of ${folder} has ${bytes(free)} free, ${bytes(needed)} are needed: make room`);
  const nodeGyp = nodeGypScript(machine);
  if (!nodeGyp) problems.push('npm is not on the PATH, and with it node-gyp: install npm');
  const nodedir = headersFolder(machine);
  const without = nodedir ? undefined : await unreachable(headersUrl(machine));
  if (without)
    problems.push(
      `Node's headers are not here, and ${without}: install them (archives of Node and nvm have them, Debian has libnode-dev), or set npm_config_nodedir to the folder above include/node`,
    );
  return problems.length > 0 || !nodeGyp ? problems : { nodeGyp, nodedir };
};
