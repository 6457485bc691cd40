import { command, commonArgs } from '../command.ts';

/** `detrain doctor` */
export const doctor = command({
  name: 'doctor',
  description:
    'Look at what training needs, and say what is missing and how to get it. Exits with 1 when something is.',
  examples: ['detrain doctor', 'detrain doctor --json'],
  args: commonArgs,
  run: async ({ args }) => (await import('../run/examine.ts')).examine(args),
});
