import { command, commonArgs } from '../command.ts';

const args = {
  weights: { type: 'positional', required: true, description: "A run's folder or a .safetensors file" },
  images: { type: 'positional', required: true, description: 'Images, or folders of images' },
  out: { type: 'string', valueHint: 'DIR', description: 'Where pictures and predictions.json go (predictions)' },
  threshold: { type: 'string', valueHint: 'SCORE', description: 'Leave out what is less sure (0.4)' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config of a model that is not of the zoo (the one of the run)',
  },
  engine: { type: 'string', valueHint: 'NAME', description: 'auto, compiled, cpu, tfjs-node or tfjs-node-gpu (auto)' },
  threads: { type: 'string', valueHint: 'N', description: 'Threads of the compiled engine (all cores)' },
  ...commonArgs,
} as const;

/** `detrain predict` */
export const predict = command({
  name: 'predict',
  description: 'Find objects in images: pictures with boxes, and predictions.json.',
  examples: [
    'detrain predict runs/2026-01-31-deimv2-atto-01 photo.jpg',
    'detrain predict best.safetensors photos/ --out found --threshold 0.5',
  ],
  args,
  manyArguments: true,
  run: async ({ args: parsed }) =>
    (await import('../run/find-objects.ts')).findObjects({ ...parsed, images: parsed._.slice(1) }),
});
