import type { Profile } from '@detrain/trainer';

const PARTS = {
  data: 'wait for data',
  forward: 'forward',
  assign: 'assign',
  backward: 'loss and backward',
  update: 'update',
  total: 'whole step',
} as const;

const ms = (seconds: number) => (1000 * seconds).toFixed(1).padStart(10);

/** Longest column of shapes: nodes of many inputs would fill the screen. */
const SHAPES = 60;

/** A run's profile as lines for people, in milliseconds. */
export const profileTable = ({ steps, seconds, nodes }: Profile): string[] => [
  `${`profile of ${steps} steps`.padEnd(24)}median ms    p90 ms`,
  ...Object.entries(PARTS).map(([part, name]) => {
    const { median, p90 } = seconds[part as keyof typeof PARTS];
    return `${name.padEnd(22)} ${ms(median)}${ms(p90)}`;
  }),
  ...(nodes.length > 0 ? [`${'costliest nodes'.padEnd(24)} ms/call     calls  part      shapes`] : []),
  ...nodes.map(
    ({ op, total, calls, part, shapes }) =>
      `${op.slice(0, 22).padEnd(22)} ${ms(total / calls / 1000)}${String(calls).padStart(10)}  ${part.padEnd(8)}  ${shapes.slice(0, SHAPES)}`,
  ),
];
