import path from 'node:path';
import { type Assigner, nearest, type PixelSize } from '@detrain/core';
import { loadDefault, shortName } from '../../config/load.ts';
import { userError } from '../../errors.ts';
import { BUILT_IN } from './built-in.ts';
import type { CandidateSource, InspectStrategies, InspectStrategy } from './types.ts';

/** A strategy made ready for images of one size. */
export interface Strategy {
  readonly title: string;
  readonly assigner: Assigner;
  readonly candidates: CandidateSource;
}

/** What strategies are made for. */
export interface StrategyContext {
  readonly inputSize: PixelSize;
  readonly classes: readonly string[];
  /** Whether there are predictions: where strategies of one's own choose from unless they say so. */
  readonly predictions: boolean;
  /** The assigner of the run's recipe; null where there is no run. */
  readonly recipe: Assigner | null;
}

const RECIPE = 'recipe';
const NAMES = [RECIPE, ...Object.keys(BUILT_IN)];

/** What is compared where nothing is asked for. */
export const defaultStrategies = (model: boolean, predictions: boolean): readonly string[] =>
  predictions ? [model ? RECIPE : 'hungarian', 'b-matching K=4', 'atss'] : ['retinanet', 'atss', 'fcos'];

const optionValue = (text: string, wanted: number | boolean, word: string): number | boolean => {
  const value = typeof wanted === 'number' ? Number(text) : text === 'true' ? true : text === 'false' ? false : null;
  if (value === null || Number.isNaN(value) || text.trim() === '')
    throw userError(`${word} is no ${typeof wanted}. Write ${word.split('=')[0]}=${wanted}`);
  return value;
};

/** Reads `deta-stage2 K=4 official=true`. Throws a user error with the nearest strategy or option that exists. */
const fromText = (text: string, { inputSize, recipe }: StrategyContext): Strategy => {
  const [name = '', ...words] = text.trim().split(/[\s,]+/);
  const found = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (!found && name !== RECIPE) {
    const meant = nearest(name, NAMES);
    const advice = meant ? `Did you mean ${meant}?` : `There are ${NAMES.join(', ')}.`;
    throw userError(`There is no strategy ${name || '""'}. ${advice} Your own go in a file: --strategies FILE`);
  }
  const defaults = found?.defaults ?? {};
  const options: Record<string, number | boolean> = { ...defaults };
  for (const word of words) {
    const [key = '', value = ''] = word.split('=');
    const known = Object.keys(defaults);
    if (!Object.hasOwn(defaults, key)) {
      const meant = nearest(key, known);
      const list = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has none.';
      throw userError(`${name} has no option ${key}. ${meant ? `Did you mean ${meant}?` : list}`);
    }
    options[key] = optionValue(value, defaults[key] as number | boolean, word);
  }
  if (found) {
    const { candidates } = found;
    return { title: [name, ...words].join(' '), assigner: found.make(options, inputSize), candidates };
  }
  if (!recipe)
    throw userError('recipe is the assigner of a run or a model, and there is none. Use hungarian, or name a run.');
  return { title: RECIPE, assigner: recipe, candidates: 'queries' };
};

const isAssigner = (value: unknown): value is Assigner =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Assigner>).assign === 'function';

const SOURCES: readonly unknown[] = ['queries', 'starts', 'anchors', 'points'];

/** Reads a file of strategies. Throws a user error where it exports something else. */
const fromFile = async (file: string, context: StrategyContext): Promise<Strategy[]> => {
  const { inputSize, classes, predictions } = context;
  const exported = (await loadDefault(path.resolve(file))) as InspectStrategies;
  const list = typeof exported === 'function' ? exported({ inputSize, classes }) : exported;
  const name = shortName(path.resolve(file));
  if (!Array.isArray(list) || list.length === 0)
    throw userError(`${name} exports no list. Export assigners: export default [maxIou(), myAssigner()]`);
  return list.map((entry: Assigner | InspectStrategy, i): Strategy => {
    const given = isAssigner(entry) ? { assigner: entry } : entry;
    const { assigner, candidates = predictions ? 'queries' : 'anchors' } = given;
    if (!isAssigner(assigner))
      throw userError(`${name}: entry ${i} is no assigner. Give an Assigner, or { assigner, candidates, title }.`);
    if (typeof candidates !== 'function' && !SOURCES.includes(candidates))
      throw userError(
        `${name}: candidates of ${assigner.name} are "${candidates}". Give ${SOURCES.join(', ')}, or a function of the size.`,
      );
    return { title: given.title ?? assigner.name, assigner, candidates };
  });
};

/** The strategies that were asked for, in their order, those of the file last; equal titles are numbered. */
export const strategiesOf = async (
  texts: readonly string[],
  file: string | undefined,
  context: StrategyContext,
): Promise<Strategy[]> => {
  const found = [
    ...texts.map((text) => fromText(text, context)),
    ...(file === undefined ? [] : await fromFile(file, context)),
  ];
  return found.map((strategy, i) => {
    const before = found.slice(0, i).filter(({ title }) => title === strategy.title).length;
    return before === 0 ? strategy : { ...strategy, title: `${strategy.title} (${before + 1})` };
  });
};
