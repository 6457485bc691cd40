import { command, commonArgs } from '../command.ts';

const args = {
  weights: { type: 'positional', required: true, description: "A run's folder or a .safetensors file" },
  data: { type: 'string', valueHint: 'DIR', description: 'Data set (the one of the run)' },
  split: { type: 'string', valueHint: 'NAME', description: 'Which split (val)' },
  batch: { type: 'string', valueHint: 'N', description: 'Images at once (8)' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config of a model that is not of the zoo (the one of the run)',
  },
  engine: { type: 'string', valueHint: 'NAME', description: 'auto, compiled, cpu, tfjs-node or tfjs-node-gpu (auto)' },
  threads: { type: 'string', valueHint: 'N', description: 'Threads of the compiled engine (all cores)' },
  'on-problem': { type: 'string', valueHint: 'WHAT', description: 'refuse or repair problems of the data (refuse)' },
  ...commonArgs,
} as const;

/** `detrain val` */
export const val = command({
  name: 'val',
  description: 'Measure weights on a data set: the twelve COCO numbers and AP of each class.',
  examples: [
    'detrain val runs/2026-01-31-deimv2-atto-01',
    'detrain val best.safetensors --data data/bccd --split test',
  ],
  args,
  run: async ({ args: parsed }) => (await import('../run/measure.ts')).measure(parsed),
});
