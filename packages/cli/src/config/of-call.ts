import { loadConfig } from './load.ts';
import { checkedConfig } from './problems.ts';
import { type Overrides, type ResolvedConfig, resolveConfig, withOverrides } from './resolve.ts';

/** How `detrain train` was called, as plain data: another thread or a resumed run makes the same config of it. */
export interface TrainCall {
  readonly config: string | null;
  readonly overrides: Overrides;
  readonly smoke: boolean;
}

/** The config of a call: its file, the command line on top, defaults for the rest. Throws a user error with all of its problems. */
export const configOf = async (call: TrainCall): Promise<ResolvedConfig> => {
  const file = call.config === null ? {} : await loadConfig(call.config, call);
  const config = resolveConfig(checkedConfig(withOverrides(file, call.overrides), 'The command line'));
  // One epoch before the resume that a smoke test tries, one after.
  return call.smoke ? { ...config, epochs: 2 } : config;
};
