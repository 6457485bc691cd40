// What the comparisons share: a Python peer that answers lines, processes that measure, medians, a markdown table.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A running Python script of `peers/`. */
export interface Peer {
  /** Sends a line and gives the answer, parsed as JSON. Throws where the script ended. */
  ask(line: string): Promise<unknown>;
  close(): void;
}

/** Starts `peers/<script>` with `python3` (or `$PYTHON`). */
export const startPeer = (script: string, args: readonly string[]): Peer => {
  const file = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
  const child = spawn(process.env['PYTHON'] ?? 'python3', [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done)
        throw new Error(
          `bench: ${script} ended. Install its modules: pip install numpy scipy pycocotools torch torchvision.`,
        );
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
};

/** What one process measured: numbers by name. */
export type Measured = Readonly<Record<string, number>>;

/** Runs a program to its end and gives the JSON of its last line. Throws with the end of its messages where it fails. */
export const measuredBy = (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let messages = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (messages = (messages + chunk).slice(-2000)));
    child.on('error', reject);
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last));
      else reject(new Error(`bench: ${program} ${args.join(' ')} ended with ${code}:\n${messages.trim()}`));
    });
  });

/** The middle value, or the mean of the two in the middle; NaN of none. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
};

/** Three digits or so. */
const short = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Median (least, greatest) of what several processes measured under a name; a dash where there is none. */
export const spreadOf = (values: readonly number[]): string => {
  if (values.length === 0) return '–';
  const middle = short(median(values));
  return values.length === 1 ? middle : `${middle} (${short(Math.min(...values))}, ${short(Math.max(...values))})`;
};

/** The numbers that processes measured under a name. */
export const numbersOf = (measured: readonly Measured[], name: string): number[] =>
  measured.map((one) => one[name]).filter((value) => value !== undefined);

/** A markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
