import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { userError } from '../../errors.ts';
import type { Toolchain } from './machine.ts';
import { parents } from './package-manager.ts';
import { runProgram, tellingLines } from './programs.ts';
import type { Installed } from './project.ts';
import { unpackLibraries } from './unpack.ts';

/** The PATH of a package's own scripts: the programs of its dependencies, wherever the package manager put them. */
const scriptPath = (folder: string): string => {
  const bins = parents(folder).map((place) => path.join(place, 'node_modules', '.bin'));
  return [...bins.filter((bin) => existsSync(bin)), path.dirname(process.execPath), process.env['PATH']].join(
    path.delimiter,
  );
};

const runScript = async ({ folder }: Installed, line: string, env: NodeJS.ProcessEnv, signal: AbortSignal) => {
  const { code, output } = await runProgram(line, [], {
    cwd: folder,
    env: { ...process.env, PATH: scriptPath(folder), ...env },
    shell: true,
    signal,
  });
  const libraries = path.join(folder, 'lib');
  const built = existsSync(libraries) && readdirSync(libraries).some((name) => name.startsWith('napi-'));
  if (code !== 0 || !built) throw userError(`${line} failed in ${folder}:\n${tellingLines(output)}`);
};

/** Lets the package's own install script download its libraries. Throws a user error with the end of what it said. */
export const installOfficially = async (installed: Installed, signal: AbortSignal): Promise<void> => {
  if (!installed.script) throw userError(`${installed.folder} has no install script. Install the package anew.`);
  await runScript(installed, installed.script, {}, signal);
};

/**
 * Builds the package's binding against the libraries of a wheel: they are laid where its own install script looks, and a
 * `custom-binary.json` of libraries without a binding, which is the script's way to be told so, makes it build one.
 */
export const buildFromWheel = async (
  installed: Installed,
  wheel: string,
  { nodeGyp, nodedir }: Toolchain,
  signal: AbortSignal,
): Promise<void> => {
  const { folder } = installed;
  const hook = path.join(folder, 'scripts', 'custom-binary.json');
  await unpackLibraries(wheel, path.join(folder, 'deps'), signal);
  writeFileSync(hook, JSON.stringify({ 'tf-lib': wheel }));
  try {
    const headers = nodedir ? { npm_config_nodedir: nodedir } : {};
    await runScript(installed, 'node scripts/install.js', { npm_config_node_gyp: nodeGyp, ...headers }, signal);
  } finally {
    rmSync(hook, { force: true });
    for (const name of readdirSync(folder).filter((entry) => entry.startsWith('build-tmp-')))
      rmSync(path.join(folder, name), { recursive: true, force: true });
  }
};
