import { clearLine, cursorTo } from 'node:readline';

/** A line that tells how far something is: written over on a terminal, else a line now and then. */
export interface StatusLine {
  /** Whether it is time for a new line; asking sets the clock. */
  isDue(): boolean;
  draw(line: string): void;
  /** Leaves the last line standing. */
  end(): void;
}

/** A status line on a stream; off a terminal one every `everySeconds`. */
export const statusLine = (stream: NodeJS.WriteStream, everySeconds = 10): StatusLine => {
  let shown = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    isDue: () => {
      const now = performance.now();
      if (now - shown < (stream.isTTY ? 100 : everySeconds * 1000)) return false;
      shown = now;
      return true;
    },
    draw: (line) => {
      if (!stream.isTTY) {
        stream.write(`${line}\n`);
        return;
      }
      clearLine(stream, 0);
      cursorTo(stream, 0);
      stream.write(line.slice(0, Math.max(20, (stream.columns ?? 120) - 1)));
      drawn = true;
    },
    end: () => {
      if (drawn) stream.write('\n');
      drawn = false;
    },
  };
};
