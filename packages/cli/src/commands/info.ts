import { command, commonArgs } from '../command.ts';

const args = {
  of: {
    type: 'positional',
    required: true,
    description: "A model of the zoo, a config file, a run's folder or a file of weights",
  },
  size: { type: 'string', valueHint: 'PIXELS', description: 'Side of the input (what the model was trained at)' },
  batch: { type: 'string', valueHint: 'N', description: "Images of a training step (the config's, 8)" },
  depth: { type: 'string', valueHint: 'N', description: 'Levels of modules to tell apart (1)' },
  model: { type: 'string', valueHint: 'NAME', description: 'The model of a file that does not say what it is' },
  ...commonArgs,
} as const;

/** `detrain info` */
export const info = command({
  name: 'info',
  description: 'Tell what a model or a file of weights is: parameters, GFLOPs by module, memory of training.',
  examples: [
    'detrain info deim-dfine-n',
    'detrain info deimv2_atto_coco.onnx --depth 2',
    'detrain info runs/2026-01-31-deimv2-atto-01 --batch 16 --json',
  ],
  args,
  run: async ({ args: parsed }) => (await import('../run/info/info.ts')).info(parsed),
});
