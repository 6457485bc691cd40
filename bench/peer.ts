// What the comparisons share: a Python peer that answers lines, medians, a markdown table.
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

/** The middle value. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** A markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
