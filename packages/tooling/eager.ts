import { loadBackend } from '../engine/src/eager/backends.ts';

/** The eager engine that tests run on: `cpu`, the reference, unless DETRAIN_ENGINE is `tfjs-node`. */
export const eagerEngine = process.env['DETRAIN_ENGINE'] === 'tfjs-node' ? 'tfjs-node' : 'cpu';

/** Loads and selects that engine's backend. Throws where it cannot be had. */
export const useEager = async (): Promise<void> => {
  const reason = await loadBackend(eagerEngine);
  if (reason) throw new Error(`tooling: ${reason}. Install it: pnpm detrain engine install.`);
};
