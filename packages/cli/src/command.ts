import { stripVTControlCharacters } from 'node:util';
import { nearest } from '@detrain/core';
import { type ArgsDef, type CommandContext, type CommandDef, defineCommand, renderUsage } from 'citty';
import { userError } from './errors.ts';

/** A command with the examples that its help begins with. */
export type Command = CommandDef & Traits;

interface Traits {
  readonly examples: readonly string[];
  /** Options that may stand without a value. */
  readonly optionalValues?: readonly string[];
  /** Whether any number of arguments may follow. */
  readonly manyArguments?: boolean;
}

interface Definition<T extends ArgsDef> extends Traits {
  readonly name: string;
  readonly description: string;
  readonly args?: T;
  readonly subCommands?: CommandDef['subCommands'];
  /** Gives the exit code. */
  readonly run?: (context: CommandContext<T>) => Promise<number>;
}

/** Which weights to use, and what they are where they do not say so. */
export const weightsArgs = {
  weights: { type: 'string', valueHint: 'FILE', description: 'Instead of a run: .safetensors, .pth or .onnx' },
  model: { type: 'string', valueHint: 'NAME', description: 'The model of a file that does not say what it is' },
  'weights-classes': {
    type: 'string',
    valueHint: 'NAMES',
    description: 'Its classes: coco, objects365 or a JSON list (what it says, or their number)',
  },
} as const;

/** How to run. */
export const engineArgs = {
  engine: { type: 'string', valueHint: 'NAME', description: 'auto, compiled, cpu, tfjs-node or tfjs-node-gpu (auto)' },
  threads: { type: 'string', valueHint: 'N', description: 'Threads of the compiled engine (all cores)' },
} as const;

/** Options that every command has. */
export const commonArgs = {
  json: { type: 'boolean', description: 'Print JSON and nothing else on standard output' },
  verbose: { type: 'boolean', description: 'Show stack traces of errors' },
} as const satisfies ArgsDef;

/** Defines a command. */
export const command = <const T extends ArgsDef>({ name, description, ...rest }: Definition<T>): Command =>
  // The arguments' types matter inside `run` only.
  defineCommand<T>({ meta: { name, description }, ...rest } as CommandDef<T>) as unknown as Command;

/** Help: examples first, then what citty prints. */
export const help = async (cmd: CommandDef, parent?: CommandDef): Promise<string> => {
  const examples = (cmd as Partial<Command>).examples ?? [];
  const head = examples.length > 0 ? `Examples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n\n` : '';
  const usage = `${head}${await renderUsage(cmd, parent)}`;
  const plain = process.env['NO_COLOR'] || !process.stdout.isTTY;
  return (plain ? stripVTControlCharacters(usage) : usage).replaceAll(/ +$/gm, '');
};

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The arguments as citty can read them. Throws a user error for an option that the command does not know (with the nearest one
 * that it does), one that lacks its value, and an argument too many.
 */
export const checkedArgs = (rawArgs: readonly string[], cmd: CommandDef, name: string): string[] => {
  const args = (cmd.args ?? {}) as ArgsDef;
  const { optionalValues = [], manyArguments = false } = cmd as Partial<Command>;
  const options = Object.entries(args).filter(([, arg]) => arg.type !== 'positional');
  const find = (option: string) =>
    options.find(([key, arg]) =>
      [key, kebab(key), ...[('alias' in arg ? arg.alias : undefined) ?? []].flat()].includes(option),
    );
  const checked: string[] = [];
  let places = manyArguments ? Number.POSITIVE_INFINITY : Object.keys(args).length - options.length;
  for (let i = 0; i < rawArgs.length; i++) {
    const raw = rawArgs[i] as string;
    if (!/^--?[A-Za-z]/.test(raw)) {
      if (places-- <= 0) throw userError(`detrain ${name} cannot use the argument ${raw}. See detrain ${name} --help.`);
      checked.push(raw);
      continue;
    }
    const option = raw.replace(/^--?/, '').replace(/=.*$/s, '');
    const [key, arg] = find(option) ?? find(option.replace(/^no-/, '')) ?? [];
    if (key === undefined || arg === undefined) {
      const meant = nearest(
        option,
        options.map(([known]) => kebab(known)),
      );
      throw userError(
        `detrain ${name} has no option --${option}. ${meant ? `Did you mean --${meant}?` : `See detrain ${name} --help.`}`,
      );
    }
    if (arg.type === 'boolean' || raw.includes('=')) {
      checked.push(raw);
      continue;
    }
    const next = rawArgs[i + 1];
    if (next !== undefined && !next.startsWith('--')) {
      checked.push(`--${key}=${next}`);
      i++;
    } else if (optionalValues.includes(key)) checked.push(`--${key}=`);
    else throw userError(`--${option} needs a value: --${option} ${('valueHint' in arg && arg.valueHint) || 'VALUE'}.`);
  }
  return checked;
};

/** Reads a number option. Throws a user error naming the option, the value and what is wanted. */
export const numberOption = (
  value: string | undefined,
  option: string,
  { integer = false, min = Number.NEGATIVE_INFINITY }: { readonly integer?: boolean; readonly min?: number } = {},
): number | undefined => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < min || (integer && !Number.isInteger(number)))
    throw userError(
      `--${option} is "${value}". Give ${integer ? 'a whole number' : 'a number'}${min > Number.NEGATIVE_INFINITY ? ` from ${min}` : ''}.`,
    );
  return number;
};
