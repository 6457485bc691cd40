import { command, commonArgs } from '../command.ts';
import { EXIT } from '../errors.ts';
import { bytes, duration } from '../terminal/format.ts';
import { createOutput } from '../terminal/output.ts';
import { statusLine } from '../terminal/status-line.ts';

const install = command({
  name: 'install',
  description:
    "Install TensorFlow's native engine into this project, from PyPI's libraries where its own source cannot be reached. A failure leaves the project as it was.",
  examples: ['detrain engine install', 'detrain engine install --gpu'],
  args: {
    gpu: { type: 'boolean', description: 'The engine for NVIDIA GPUs; their drivers, CUDA and cuDNN must be there' },
    cache: { type: 'string', valueHint: 'DIR', description: "Where downloads are kept (the platform's cache folder)" },
    ...commonArgs,
  },
  run: async ({ args: { gpu = false, cache, json } }) => {
    const output = createOutput({ json });
    const { installEngine } = await import('../run/native-engine/install.ts');
    const { isInterruption } = await import('../run/native-engine/project.ts');
    const { targetFor } = await import('../run/native-engine/target.ts');
    const { cacheFolder } = await import('../run/pulled.ts');
    const target = targetFor(gpu);
    const started = performance.now();
    const line = statusLine(json ? process.stderr : process.stdout);
    const result = await installEngine(target, {
      folder: process.cwd(),
      cache: cache ?? cacheFolder(),
      say: (text) => {
        line.end();
        output.say(text);
      },
      onProgress: (done, total) => {
        if (!line.isDue() && done !== total) return;
        line.draw(`${target.wheel?.project}  ${bytes(done)}${total === null ? '' : ` of ${bytes(total)}`}`);
      },
    })
      .catch((error: unknown) => {
        if (!isInterruption(error)) throw error;
        output.warn((error as Error).message);
      })
      .finally(line.end);
    if (!result) return EXIT.interrupted;
    const seconds = (performance.now() - started) / 1000;
    output.data({ ...result, seconds });
    if (!output.json) {
      output.say(
        `${result.way === 'already there' ? 'already there' : 'installed'}  ${result.name} ${result.version} on TensorFlow ${result.tensorflow}, gradients checked, ${duration(seconds)}`,
      );
      if (gpu && !result.gpu)
        output.say(
          'No GPU was found, so it computes on the processor. It needs the driver, cuDNN 8 and CUDA: 12.2 with libraries from PyPI, 11.2 with its own.',
        );
      output.say(`detrain train --engine ${target.engine}, or DETRAIN_ENGINE=${target.engine}, takes it`);
    }
    return EXIT.ok;
  },
});

/** `detrain engine` */
export const engine = command({
  name: 'engine',
  description: 'The ways to compute: what else there is beside the engine that comes with detrain.',
  examples: ['detrain engine install', 'detrain doctor'],
  subCommands: { install },
});
