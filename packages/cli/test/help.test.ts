import { describe, expect, it } from 'vitest';
import { version } from '../src/version.ts';
import { run } from './harness.ts';

describe('help', () => {
  it('begins with examples', async () => {
    expect((await run('--help')).out).toMatchInlineSnapshot(`
      "Examples:
        $ detrain train --data data/bccd
        $ detrain predict runs/2026-01-31-deimv2-atto-01 photo.jpg
        $ detrain doctor

      Train detection transformers in TypeScript. (detrain)

      USAGE detrain train|val|predict|inspect|data|info|pull|engine|doctor

      COMMANDS

          train    Train a detector on a data set.
            val    Measure weights on a data set: the twelve COCO numbers and AP of each class.
        predict    Find objects in images: pictures with boxes, and predictions.json.
        inspect    Compare assignment strategies on images: who answers for whom, in pictures and numbers.
           data    Work with data sets.
           info    Tell what a model or a file of weights is: parameters, GFLOPs by module, memory of training.
           pull    Fetch a published checkpoint, checked and kept for --weights.
         engine    The ways to compute: what else there is beside the engine that comes with detrain.
         doctor    Look at what training needs, and say what is missing and how to get it. Exits with 1 when something is.

      Use detrain <command> --help for more information about a command.
      "
    `);
    expect((await run('train', '--help')).out).toMatchInlineSnapshot(`
      "Examples:
        $ detrain train --data data/bccd
        $ detrain train configs/bccd-atto.ts --data data/bccd --epochs 100
        $ detrain train --data data/bccd --model deimv2-atto --weights deimv2_atto_coco.onnx
        $ detrain train --resume

      Train a detector on a data set. (detrain train)

      USAGE detrain train [OPTIONS] [CONFIG]

      ARGUMENTS

        CONFIG    Config file (detrain.config.ts where there is one, else the defaults)

      OPTIONS

                     --data=<DIR>    Data set: COCO, VOC or YOLO, detected
                   --model=<NAME>    Model of the zoo (deimv2-atto)
                     --epochs=<N>    Epochs (60)
                      --batch=<N>    Images a step (8)
                  --size=<PIXELS>    Side of the input, a multiple of 32 (what the model was published with)
                      --lr=<RATE>    Learning rate (the published one, scaled to the batch)
                       --seed=<N>    Seed of weights, order and augmentations (0)
                  --engine=<NAME>    auto, compiled, cpu, tfjs-node or tfjs-node-gpu (auto)
                    --threads=<N>    Threads of the compiled engine (all cores)
                    --workers=<N>    Share each batch among N workers, and the threads, too (1)
                 --weights=<FILE>    Begin with a run or a .safetensors, .pth or .onnx file; class heads are made to fit the data
        --weights-classes=<NAMES>    Their classes: coco, objects365 or a JSON list (what they say, or their number)
                        --partial    Take what fits of weights that fit only in part
                      --out=<DIR>    Where run folders go (runs)
                    --name=<NAME>    Part of the run folder's name
                   --resume=<RUN>    Go on with a run; without a value, with the newest
              --on-problem=<WHAT>    refuse or repair problems of the data (refuse)
           --on-non-finite=<WHAT>    stop or skip at a loss that is not finite (stop)
                        --profile    Measure the parts of a step: a table at the end, and profile.json
                          --smoke    Two steps, an evaluation, a save and a resume: does everything work?
                           --json    Print JSON and nothing else on standard output
                        --verbose    Show stack traces of errors

      "
    `);
    expect((await run('data', 'check', '--help')).out).toMatchInlineSnapshot(`
      "Examples:
        $ detrain data check data/bccd

      Look for what is wrong with a data set. Exits with 1 when training would refuse it. (detrain data check)

      USAGE detrain data check [OPTIONS] <PATH>

      ARGUMENTS

        PATH    A folder in COCO, VOC or YOLO layout (Required)

      OPTIONS

           --json    Print JSON and nothing else on standard output
        --verbose    Show stack traces of errors

      "
    `);
  });

  it.each(['val', 'predict', 'doctor', 'data', 'info'])('%s has an example', async (name) => {
    const { code, out } = await run(name, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Examples:\\n {2}\\$ detrain ${name}`));
  });

  it('gives the version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('mistakes', () => {
  it.each([
    [['trian'], 'detrain trian is no command. Did you mean detrain train?'],
    [['data', 'chekc'], 'detrain data chekc is no command. Did you mean detrain data check?'],
    [['train', '--epoch', '3'], 'detrain train has no option --epoch. Did you mean --epochs?'],
    [['train', '--onproblem=x'], 'detrain train has no option --onproblem. Did you mean --on-problem?'],
    [['val', 'runs', '--splot', 'x'], 'detrain val has no option --splot. Did you mean --split?'],
    [['train', '--data'], '--data needs a value: --data DIR.'],
    [['train', 'a', 'b'], 'detrain train cannot use the argument b. See detrain train --help.'],
    [['val', 'nowhere'], "nowhere does not exist. Name a run's folder, or a .safetensors, .pth or .onnx file."],
  ])('%j', async (args, message) => {
    expect(await run(...args)).toEqual({ code: 2, out: '', err: `${message}\n` });
  });
});
