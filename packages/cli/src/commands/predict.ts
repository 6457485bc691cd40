import { command, commonArgs, engineArgs, weightsArgs } from '../command.ts';
import { userError } from '../errors.ts';

const args = {
  run: { type: 'positional', required: false, description: "A run's folder or a file of weights" },
  images: { type: 'positional', required: false, description: 'Images, or folders of images' },
  out: { type: 'string', valueHint: 'DIR', description: 'Where pictures and predictions.json go (predictions)' },
  threshold: { type: 'string', valueHint: 'SCORE', description: 'Leave out what is less sure (0.4)' },
  ...weightsArgs,
  size: { type: 'string', valueHint: 'PIXELS', description: 'Side of the input (what the model was trained at)' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config of a model that is not of the zoo (the one of the run)',
  },
  ...engineArgs,
  ...commonArgs,
} as const;

/** `detrain predict` */
export const predict = command({
  name: 'predict',
  description: 'Find objects in images: pictures with boxes, and predictions.json.',
  examples: [
    'detrain predict runs/2026-01-31-deimv2-atto-01 photo.jpg',
    'detrain predict best.safetensors photos/ --out found --threshold 0.5',
    'detrain predict --weights deim_dfine_n_coco.pth --model deim-dfine-n photo.jpg',
  ],
  args,
  manyArguments: true,
  run: async ({ args: parsed }) => {
    const [weights, ...images] = [...(parsed.weights === undefined ? [] : [parsed.weights]), ...parsed._];
    if (weights === undefined || images.length === 0)
      throw userError('Name weights and images: detrain predict RUN IMAGE, or detrain predict --weights FILE IMAGE.');
    return (await import('../run/find-objects.ts')).findObjects({ ...parsed, weights, images });
  },
});
