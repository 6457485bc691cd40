import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { constants } from 'node:os';

type Execve = (file: string, args: readonly string[], environment: NodeJS.ProcessEnv) => never;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Whether the terminal sends Ctrl-C to this process and so to all of its group: the group is that of the terminal's foreground.
 *
 * @param stat Text of /proc/self/stat: `pid (name) state parent group session terminal foreground-group …` (proc_pid_stat(5)).
 */
export const inForeground = (stat: string): boolean => {
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal !== '0' && group === foreground;
};

const runAsChild = (args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number | undefined> => {
  inspector.close(); // Its port is the child's now.
  const child = spawn(process.execPath, args, { env: environment, stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !inForeground(readFileSync('/proc/self/stat', 'utf8'))) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve) => {
    const end = (code: number | undefined) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', () => end(undefined));
    child.on('exit', (code, signal) => {
      end(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
      if (signal) process.kill(process.pid, signal);
    });
  });
};

/**
 * Starts this process again, on Linux, with its options and arguments in another environment: in its place where Node.js can do that
 * (22.15 and newer), else as a child with the same input and output, whose end, by exit code or signal, becomes this one's.
 *
 * @returns the exit code; undefined where no process could be started
 */
export const restart = async (environment: NodeJS.ProcessEnv): Promise<number | undefined> => {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const { execve } = process as { execve?: Execve };
  return execve ? execve(process.execPath, [process.execPath, ...args], environment) : runAsChild(args, environment);
};
