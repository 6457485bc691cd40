import { command, commonArgs, engineArgs, weightsArgs } from '../command.ts';

const args = {
  run: { type: 'positional', required: false, description: "A run's folder or a file of weights" },
  data: { type: 'string', valueHint: 'DIR', description: 'Data set (the one of the run)' },
  split: { type: 'string', valueHint: 'NAME', description: 'Which split (val)' },
  images: { type: 'string', valueHint: 'N', description: 'How many images, the first ones (8)' },
  strategy: {
    type: 'string',
    valueHint: 'NAME',
    description: 'One to compare, with options: "b-matching K=4"; again for each (recipe, b-matching, atss)',
  },
  strategies: { type: 'string', valueHint: 'FILE', description: 'A file that exports assigners of your own' },
  output: { type: 'string', valueHint: 'NAME', description: 'Whose predictions: layer.0, …, pre, encoder (last)' },
  record: { type: 'string', valueHint: 'FILE', description: 'Write what the model predicts (.safetensors)' },
  predictions: { type: 'string', valueHint: 'FILE', description: 'Read that instead of running a model' },
  since: { type: 'string', valueHint: 'FILE', description: 'Earlier predictions: which share of assignments changed?' },
  out: { type: 'string', valueHint: 'DIR', description: 'Where pictures, index.html and summary.json go (inspect)' },
  ...weightsArgs,
  size: {
    type: 'string',
    valueHint: 'PIXELS',
    description: 'Side of the input (what the model was trained at; 640 without one)',
  },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config of a model or recipe that is not of the zoo (the one of the run)',
  },
  ...engineArgs,
  'on-problem': { type: 'string', valueHint: 'WHAT', description: 'refuse or repair problems of the data (refuse)' },
  ...commonArgs,
} as const;

/** Each value of an option that may be given again; the parser keeps the last one only. */
const every = (option: string, rawArgs: readonly string[]): string[] =>
  rawArgs.flatMap((arg) => (arg.startsWith(`--${option}=`) ? [arg.slice(option.length + 3)] : []));

/** `detrain inspect` */
export const inspect = command({
  name: 'inspect',
  description: 'Compare assignment strategies on images: who answers for whom, in pictures and numbers.',
  examples: [
    'detrain inspect runs/2026-01-31-deimv2-atto-01',
    'detrain inspect RUN --strategy hungarian --strategy "deta-stage2 K=4" --strategy atss',
    'detrain inspect RUN --strategies my-assigners.ts --output encoder',
    'detrain inspect --data data/bccd --strategy fcos --strategy "fcos radius=1.5"',
    'detrain inspect RUN --record now.safetensors --since before.safetensors',
  ],
  args,
  run: async ({ args: parsed, rawArgs }) =>
    (await import('../run/inspect/inspect.ts')).inspect({
      ...parsed,
      weights: parsed.weights ?? parsed.run,
      strategy: every('strategy', rawArgs),
    }),
});
