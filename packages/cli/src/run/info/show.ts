import { bytes, table } from '../../terminal/format.ts';
import type { ModelInfo } from './info.ts';

const grouped = (count: number) => count.toLocaleString('en-US');
const gigas = (value: number) => value.toFixed(value < 10 ? 2 : 1);

const classesLine = ({ classes, numClasses }: ModelInfo): string => {
  const names = classes?.filter((name) => name !== null) ?? [];
  if (names.length === 0) return `${numClasses}, not named`;
  const rest = names.length > 6 ? `, … (${names.length} of ${numClasses} named)` : '';
  return `${numClasses}: ${names.slice(0, 6).join(', ')}${rest}`;
};

const fileLines = ({ file }: ModelInfo): string[] => {
  if (!file) return [];
  const part = file.part === null ? '' : `, ${file.part}`;
  return [
    `file      ${file.path}`,
    `          ${file.format}${part}, ${file.tensors} tensors as ${file.dtypes.join(' ')}, ${bytes(file.bytes)}`,
    ...(file.looksLike ? [`          does not say its model; by its tensors ${file.looksLike.join(' or ')}`] : []),
  ];
};

/** What is told of a model, for people. */
export const describeInfo = (info: ModelInfo): string => {
  const { model, inputSize, numQueries, total, modules, memory } = info;
  const { batch, weights, gradients, optimizer, ema, activations, peak } = memory;
  const row = (name: string, part: typeof total) => [
    name,
    grouped(part.parameters),
    grouped(part.deployed),
    gigas(part.gflops),
  ];
  const rows = [...modules.map((part) => row(part.name, part)), row('all', total)];
  return [
    `model     ${model}`,
    ...fileLines(info),
    `classes   ${classesLine(info)}`,
    `input     ${inputSize.join(' x ')}, ${numQueries} queries`,
    '',
    table(['module', 'parameters', 'deployed', 'GFLOPs'], rows),
    '',
    `Training with ${batch} image${batch > 1 ? 's' : ''} a step takes about ${bytes(peak)}:`,
    table(
      ['', 'memory'],
      [
        ['weights and statistics', bytes(weights)],
        ['gradients', bytes(gradients)],
        ['AdamW', bytes(optimizer)],
        ['average of the weights', bytes(ema)],
        ['values of a step', bytes(activations)],
      ],
    ),
  ].join('\n');
};
