import type { CocoAnnotation, CocoCategory } from '../coco/types.ts';

/** A category of an LVIS file. */
export interface LvisCategory extends CocoCategory {
  /** In how many training images it is: rare, common (more than 10) or frequent (more than 100). */
  readonly frequency: 'r' | 'c' | 'f';
}

/** An image of an LVIS file: only some categories were looked for in it. */
export interface LvisImage {
  readonly id: number;
  /** Categories that are certainly not in the image. */
  readonly neg_category_ids: readonly number[];
  /** Categories of which not every object is annotated. */
  readonly not_exhaustive_category_ids: readonly number[];
}

/** An annotated object of an LVIS file. */
export interface LvisAnnotation extends CocoAnnotation {
  /** Neither missed nor wrong to find. */
  readonly ignore?: number | boolean;
}

/** The parts of an LVIS file that evaluation needs. */
export interface LvisGroundTruth {
  readonly images: readonly LvisImage[];
  readonly categories: readonly LvisCategory[];
  readonly annotations: readonly LvisAnnotation[];
}

/** What is measured: the defaults are those of the LVIS challenge. */
export interface LvisOptions {
  /** Detections that count, per image over all categories, best first. */
  readonly maxDetections?: number;
}

/** AP of one category, -1 where it has no objects. */
export interface LvisCategoryResult {
  readonly category: number;
  readonly name: string;
  readonly frequency: LvisCategory['frequency'];
  readonly ap: number;
}

/** Names of `stats` of an LVIS evaluation, in order: AP of rare, common and frequent categories after the areas'. */
export const LVIS_STAT_NAMES = [
  'AP',
  'AP50',
  'AP75',
  'APs',
  'APm',
  'APl',
  'APr',
  'APc',
  'APf',
  'AR',
  'ARs',
  'ARm',
  'ARl',
] as const;

/** What an LVIS evaluation gives; numbers are in [0, 1], -1 where there is nothing to measure. */
export interface LvisResult {
  /** The thirteen numbers, as `LVIS_STAT_NAMES` lists them. */
  readonly stats: Float64Array;
  readonly perClass: readonly LvisCategoryResult[];
  /** `[thresholds, 101 recalls, categories, areas]`, flat. */
  readonly precision: Float64Array;
  /** `[thresholds, categories, areas]`, flat. */
  readonly recall: Float64Array;
  /** Sizes of `precision`. */
  readonly shape: readonly [thresholds: number, recalls: number, categories: number, areas: number];
  /** Category ids, ascending: the third axis. */
  readonly categoryIds: readonly number[];
}
