/** A category of a COCO file. */
export interface CocoCategory {
  readonly id: number;
  readonly name?: string;
}

/** An annotated object of a COCO file. */
export interface CocoAnnotation {
  readonly image_id: number;
  readonly category_id: number;
  /** x y w h in pixels. */
  readonly bbox: ArrayLike<number>;
  /** In square pixels; width times height where absent. */
  readonly area?: number;
  /** A region of many objects: it is never missed, and detections inside it are neither right nor wrong. */
  readonly iscrowd?: number | boolean;
}

/** The parts of a COCO file that evaluation needs. */
export interface CocoGroundTruth {
  readonly images: readonly { readonly id: number }[];
  readonly categories: readonly CocoCategory[];
  readonly annotations: readonly CocoAnnotation[];
}

/** One line of a COCO result file. */
export interface CocoDetection {
  readonly image_id: number;
  readonly category_id: number;
  /** x y w h in pixels. */
  readonly bbox: ArrayLike<number>;
  readonly score: number;
}

/** Detections in columns: what large evaluations should pass. */
export interface DetectionColumns {
  /** Image ids `[count]`. */
  readonly images: ArrayLike<number>;
  /** Category ids `[count]`. */
  readonly categories: ArrayLike<number>;
  /** x y w h in pixels, flat `[count * 4]`. */
  readonly boxes: ArrayLike<number>;
  /** `[count]` */
  readonly scores: ArrayLike<number>;
}

/** A range of object areas in square pixels, both ends included. */
export interface AreaRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** What is measured: the defaults are those of the COCO challenge. */
export interface CocoOptions {
  /** Detections that count, per image and category, ascending. */
  readonly maxDetections?: readonly number[];
  readonly areas?: readonly AreaRange[];
  readonly iouThresholds?: ArrayLike<number>;
  /** false: categories are ignored, as for proposals (`useCats = 0`). */
  readonly useCategories?: boolean;
}

/** AP of one category, -1 where it has no objects. */
export interface CategoryResult {
  readonly category: number;
  readonly name: string;
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  readonly apSmall: number;
  readonly apMedium: number;
  readonly apLarge: number;
}

/** Names of `stats`, in order. */
export const STAT_NAMES = [
  'AP',
  'AP50',
  'AP75',
  'APs',
  'APm',
  'APl',
  'AR1',
  'AR10',
  'AR100',
  'ARs',
  'ARm',
  'ARl',
] as const;

/** What an evaluation gives; numbers are in [0, 1], -1 where there is nothing to measure. */
export interface CocoResult {
  /** The twelve numbers, as `STAT_NAMES` lists them. */
  readonly stats: Float64Array;
  readonly perClass: readonly CategoryResult[];
  /** `[thresholds, 101 recalls, categories, areas, maxDetections]`, flat. */
  readonly precision: Float64Array;
  /** `[thresholds, categories, areas, maxDetections]`, flat. */
  readonly recall: Float64Array;
  /** Score at each recall, shaped as `precision`. */
  readonly scores: Float64Array;
  /** Sizes of `precision`. */
  readonly shape: readonly [
    thresholds: number,
    recalls: number,
    categories: number,
    areas: number,
    maxDetections: number,
  ];
  /** Category ids, ascending: the third axis. */
  readonly categoryIds: readonly number[];
}
