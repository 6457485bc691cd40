import { nearest } from '@detrain/core';
import { type CommandDef, runCommand } from 'citty';
import { checkedArgs, command, help } from './command.ts';
import { EXIT, isUserError, userError } from './errors.ts';
import { version } from './version.ts';

type Lazy = () => Promise<CommandDef>;

/** The commands, loaded when they are used. */
const commands: Readonly<Record<string, Lazy>> = {
  train: async () => (await import('./commands/train.ts')).train,
  val: async () => (await import('./commands/val.ts')).val,
  predict: async () => (await import('./commands/predict.ts')).predict,
  inspect: async () => (await import('./commands/inspect.ts')).inspect,
  data: async () => (await import('./commands/data.ts')).data,
  info: async () => (await import('./commands/info.ts')).info,
  pull: async () => (await import('./commands/pull.ts')).pull,
  engine: async () => (await import('./commands/engine.ts')).engine,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
};

const root = command({
  name: 'detrain',
  description: 'Train detection transformers in TypeScript.',
  examples: [
    'detrain train --data data/bccd',
    'detrain predict runs/2026-01-31-deimv2-atto-01 photo.jpg',
    'detrain doctor',
  ],
  subCommands: commands,
});

const isHelp = (arg: string) => arg === '--help' || arg === '-h';

const unknownCommand = (name: string, known: readonly string[], prefix: string) => {
  const meant = nearest(name, known);
  return userError(
    `${prefix} ${name} is no command. ${meant ? `Did you mean ${prefix} ${meant}?` : `There are ${known.join(', ')}.`}`,
  );
};

/** Finds the command that the arguments name, its parent and the arguments left for it. */
const find = async (rawArgs: readonly string[]) => {
  let cmd: CommandDef = root;
  let parent: CommandDef | undefined;
  let prefix = 'detrain';
  let rest = [...rawArgs];
  for (;;) {
    const nested = cmd.subCommands as Readonly<Record<string, CommandDef | Lazy>> | undefined;
    const name = rest[0];
    if (!nested || name === undefined || name.startsWith('-')) return { cmd, parent, prefix, rest };
    const next = Object.hasOwn(nested, name) ? nested[name] : undefined;
    if (!next) throw unknownCommand(name, Object.keys(nested), prefix);
    parent = { ...cmd, meta: { ...cmd.meta, name: prefix } } as CommandDef;
    cmd = typeof next === 'function' ? await next() : next;
    prefix = `${prefix} ${name}`;
    rest = rest.slice(1);
  }
};

/**
 * Runs the command line.
 *
 * @returns the exit code: 0 done, 1 problems found, 2 an error, 130 interrupted
 */
export const main = async (rawArgs: readonly string[] = process.argv.slice(2)): Promise<number> => {
  try {
    if (rawArgs[0] === '--version' || rawArgs[0] === '-v') {
      process.stdout.write(`${version}\n`);
      return EXIT.ok;
    }
    const { cmd, parent, prefix, rest } = await find(rawArgs);
    if (rest.some(isHelp) || !cmd.run) {
      process.stdout.write(`${await help(cmd, parent)}\n`);
      return rest.some(isHelp) || rawArgs.length === 0 ? EXIT.ok : EXIT.error;
    }
    const { result } = await runCommand(cmd, { rawArgs: checkedArgs(rest, cmd, prefix.replace(/^detrain /, '')) });
    return typeof result === 'number' ? result : EXIT.ok;
  } catch (error) {
    return report(error, rawArgs.includes('--verbose'));
  }
};

/** Prints an error once, without a stack unless asked. */
const report = (error: unknown, verbose: boolean): number => {
  const message = error instanceof Error ? error.message : String(error);
  const expected = isUserError(error) || (error as { code?: string })?.code === 'EARG';
  process.stderr.write(`${expected ? '' : 'Unexpected error: '}${message}\n`);
  if (verbose) process.stderr.write(`${(error as Error)?.stack ?? ''}\n`);
  else if (!expected) process.stderr.write('Run again with --verbose to see where it came from.\n');
  return EXIT.error;
};
