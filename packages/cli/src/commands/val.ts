import { command, commonArgs, engineArgs, weightsArgs } from '../command.ts';
import { userError } from '../errors.ts';

const args = {
  run: { type: 'positional', required: false, description: "A run's folder or a file of weights" },
  data: { type: 'string', valueHint: 'DIR', description: 'Data set (the one of the run)' },
  split: { type: 'string', valueHint: 'NAME', description: 'Which split (val)' },
  batch: { type: 'string', valueHint: 'N', description: 'Images at once (8)' },
  ...weightsArgs,
  size: { type: 'string', valueHint: 'PIXELS', description: 'Side of the input (what the model was trained at)' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config of a model that is not of the zoo (the one of the run)',
  },
  ...engineArgs,
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
    'detrain val --weights deimv2_atto_coco.onnx --model deimv2-atto --data data/coco',
  ],
  args,
  run: async ({ args: parsed }) => {
    const weights = parsed.weights ?? parsed.run;
    if (weights === undefined) throw userError('Name weights: detrain val RUN, or detrain val --weights FILE.');
    return (await import('../run/measure.ts')).measure({ ...parsed, weights });
  },
});
