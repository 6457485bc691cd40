import { createConsola } from 'consola';

/** Where a command's words go. */
export interface Output {
  readonly json: boolean;
  /** A line for people: standard output, or standard error while standard output is for JSON. */
  say(line: string): void;
  warn(line: string): void;
  /** One JSON value on a line of standard output; nothing unless `--json`. */
  data(value: unknown): void;
}

/** The output of a command. */
export const createOutput = ({ json = false }: { readonly json?: boolean | undefined } = {}): Output => {
  const consola = createConsola({
    stdout: json ? process.stderr : process.stdout,
    stderr: process.stderr,
    fancy: false,
  });
  return {
    json,
    say: (line) => void (json ? process.stderr : process.stdout).write(`${line}\n`),
    warn: (line) => consola.warn(line),
    data: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
};
