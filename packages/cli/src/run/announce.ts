import type { ResolvedConfig } from '../config/resolve.ts';
import type { Output } from '../terminal/output.ts';
import type { Manifest } from './manifest.ts';

/** Says what a run is, before it begins. */
export const announce = (
  output: Output,
  {
    folder,
    manifest,
    config,
    parameters,
  }: { folder: string; manifest: Manifest; config: ResolvedConfig; parameters: number },
) => {
  const { data, model, recipe } = manifest;
  output.say(`run     ${folder}`);
  output.say(
    `data    ${data.path} (${data.format}): ${data.train.images} ${data.train.split}, ${data.val.images} ${data.val.split}, ${manifest.classes.length} classes`,
  );
  output.say(
    `model   ${model.name}, ${(parameters / 1e6).toFixed(2)} M parameters, ${config.inputSize.join('x')} pixels`,
  );
  output.say(
    `recipe  ${(recipe as { name: string }).name}, ${config.epochs} epochs, batch ${config.batchSize}, rate ${config.optimizer.learningRate.toPrecision(3)}, seed ${config.seed}`,
  );
  output.say(`engine  ${manifest.engine}`);
};

/** Warns where a resumed run is not what it was. */
export const compareWithManifest = (
  manifest: Manifest,
  now: Pick<Manifest, 'recipe' | 'model' | 'data'>,
  output: Output,
) => {
  for (const key of ['model', 'recipe', 'data'] as const)
    if (JSON.stringify(manifest[key]) !== JSON.stringify(JSON.parse(JSON.stringify(now[key]))))
      output.warn(
        `The ${key} is not the one that the run began with: the run goes on, and its numbers are those of a mixture.`,
      );
};
