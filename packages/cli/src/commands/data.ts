import type { Problem } from '@detrain/data';
import { command, commonArgs } from '../command.ts';
import { EXIT } from '../errors.ts';
import { table } from '../terminal/format.ts';
import { createOutput, type Output } from '../terminal/output.ts';

/** Lines shown of each kind of problem: a hundred of the same say no more than five. */
const SHOWN = 5;

const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

const show = (output: Output, problems: readonly Problem[]) => {
  const kinds = groupByKind(problems);
  const rows = [...kinds.values()].flatMap((list) => {
    const rest = list.length - SHOWN;
    const lines = list
      .slice(0, SHOWN)
      .map(({ severity, file, field, value, fix, repair }) => [
        severity,
        cut([file, field].filter(Boolean).join(' '), 60),
        cut(value, 60),
        repair ? `${fix}; repair: ${repair}` : fix,
      ]);
    return rest > 0 ? [...lines, [list[0]?.severity ?? '', `… ${rest} more of this kind`, '', '']] : lines;
  });
  output.say(table(['severity', 'where', 'what', 'fix'], rows));
};

const groupByKind = (problems: readonly Problem[]): Map<string, Problem[]> => {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) kinds.set(problem.kind, [...(kinds.get(problem.kind) ?? []), problem]);
  return kinds;
};

const check = command({
  name: 'check',
  description: 'Look for what is wrong with a data set. Exits with 1 when training would refuse it.',
  examples: ['detrain data check data/bccd'],
  args: {
    path: { type: 'positional', required: true, description: 'A folder in COCO, VOC or YOLO layout' },
    ...commonArgs,
  },
  run: async ({ args }) => {
    const output = createOutput({ json: args.json });
    const { checkDataset } = await import('@detrain/data');
    const problems = await checkDataset(args.path);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    output.data({ path: args.path, errors, warnings: problems.length - errors, problems });
    if (!output.json && problems.length > 0) show(output, problems);
    if (!output.json)
      output.say(
        errors > 0
          ? `\n${errors} errors, ${problems.length - errors} warnings. Correct them, or train with --on-problem repair.`
          : `${problems.length > 0 ? `\n${problems.length} warnings, no errors` : 'No problems'}: ready to train.`,
      );
    return errors > 0 ? EXIT.problems : EXIT.ok;
  },
});

/** `detrain data` */
export const data = command({
  name: 'data',
  description: 'Work with data sets.',
  examples: ['detrain data check data/bccd'],
  subCommands: { check },
});
