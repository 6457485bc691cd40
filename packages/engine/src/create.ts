import { createCompiledEngine } from './compiled/engine.ts';
import { type EagerName, loadBackend, packageOf } from './eager/backends.ts';
import { createEagerEngine } from './eager/engine.ts';
import { fail } from './error.ts';
import { registerGradients } from './gradients.ts';
import type { Engine, EngineName, EngineOptions } from './types.ts';

/** What `auto` tries, in order. */
const preference: readonly EngineName[] = ['compiled', 'tfjs-node-gpu', 'tfjs-node', 'cpu'];

const choose = (option: EngineOptions['engine'] = 'auto', environment = process.env['DETRAIN_ENGINE']): string =>
  option !== 'auto' ? option : environment || 'auto';

const ready = async (name: EngineName, options: EngineOptions, note: string): Promise<Engine | string> => {
  if (name === 'compiled') return createCompiledEngine(options);
  return (await loadBackend(name as EagerName)) ?? createEagerEngine(name, options, note);
};

/**
 * Readies a way to run programs. `auto` never fails for lack of an optional package: it takes the next way and says
 * so in `describe()`. Throws where a way is forced (by option or `DETRAIN_ENGINE`) and cannot be had.
 */
export const createEngine = async (options: EngineOptions = {}): Promise<Engine> => {
  const chosen = choose(options.engine);
  if (chosen !== 'auto' && !preference.includes(chosen as EngineName))
    fail(`engine is '${chosen}'`, `auto, ${preference.join(', ')}`, 'Correct the option `engine` or DETRAIN_ENGINE');
  registerGradients();
  const missed: string[] = [];
  for (const name of chosen === 'auto' ? preference : [chosen as EngineName]) {
    const engine = await ready(name, options, missed.length ? `; ${missed.join('; ')}` : '');
    if (typeof engine !== 'string') return engine;
    missed.push(engine);
  }
  return fail(
    `the engine '${chosen}' was asked for, but ${missed.join('; ')}`,
    `a working ${packageOf(chosen as EngineName)}`,
    "Install it, or leave the choice to `engine: 'auto'`; `detrain doctor` lists what is there",
  );
};
