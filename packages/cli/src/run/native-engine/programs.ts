import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** How a program ended. */
export interface Ended {
  /** 0 when all went well; -1 when it could not be started or was killed. */
  readonly code: number;
  /** Both of its outputs, as they came. */
  readonly output: string;
}

interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether `command` is a line for the shell. */
  readonly shell?: boolean;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and keeps what it prints. */
export const runProgram = (command: string, args: readonly string[], options: RunOptions): Promise<Ended> =>
  new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.on('error', (error) => {
      output += `${error.message}\n`;
    });
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });

const TELLING = /\berror:|\bfatal\b|no such file|undefined reference|cannot find|not found|ENO/i;
const SHOWN = 10;

/** The lines of what a program printed that say why it failed: those that speak of errors, else the last. */
export const tellingLines = (output: string): string => {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => TELLING.test(line));
  return (telling.length > 0 ? telling.slice(0, SHOWN) : lines.slice(-SHOWN)).join('\n');
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** Where a program lies, by its name on the PATH or by its path; undefined if nowhere. */
export const findProgram = (name: string, env: NodeJS.ProcessEnv = process.env): string | undefined =>
  (name.includes('/')
    ? [name]
    : (env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, name))
  ).find(isExecutable);
