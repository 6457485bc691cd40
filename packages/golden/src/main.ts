import path from 'node:path';
import { parseArgs } from 'node:util';
import { disposeEngine } from './engine.ts';
import { replayFolder } from './replay.ts';
import { describeResult, summarize } from './report.ts';

const usage = `Replays reference numbers against the packages.

  pnpm golden <folder> [--only text]

  folder       any folder of cases; those below it are found, too
  --only text  only cases whose name contains the text

Exit code: 0 when nothing failed, 1 when something did, 2 when the arguments are wrong.`;

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help || positionals.length !== 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  // pnpm runs scripts at the workspace's root; paths are meant from where it was called
  const folder = path.resolve(process.env['INIT_CWD'] ?? '.', positionals[0] as string);
  const results = await replayFolder(folder, {
    ...(values.only !== undefined && { only: values.only }),
    onResult: (result) => console.log(describeResult(result)),
  });
  await disposeEngine();
  if (results.length === 0) console.error(`golden: no case found in ${folder}. Check the folder and --only.`);
  console.log(summarize(results));
  return results.length > 0 && results.every((result) => result.status !== 'failed') ? 0 : 1;
};

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
