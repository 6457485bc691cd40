import type { Dataset } from '@detrain/core';

/** The annotation formats that are read. */
export type Format = 'coco' | 'voc' | 'yolo';

/** What is wrong with a data set, one finding. */
export interface Problem {
  /** `error`: training would refuse it; `warning`: it is put right, or left out, without asking. */
  readonly severity: 'error' | 'warning';
  /** What kind of finding this is: `box-outside`, `image-missing`, … */
  readonly kind: string;
  /** The file that says it, relative to the data set. */
  readonly file: string;
  /** Where in the file: a line, an annotation's id, a key. */
  readonly field?: string;
  /** What was seen. */
  readonly value: string;
  /** What a person can do about it. */
  readonly fix: string;
  /** What `onProblem: 'repair'` does about it; absent where nothing can be done. */
  readonly repair?: string;
}

/** An object as its annotation file has it. */
export interface ObjectRecord {
  /** Contiguous class index; -1 where the class is unknown. */
  readonly label: number;
  /** x y w h in pixels of the oriented image, or cx cy w h as fractions of it: see `ImageRecord.unit`. */
  readonly box: readonly [number, number, number, number];
  readonly crowd: boolean;
  /** Area in square pixels where the file gives one (COCO: of the mask). */
  readonly area?: number;
  /** The annotation's own id, where it has one. */
  readonly id?: number;
  /** Where it stands in its file: COCO's annotation id, the object's or the line's number from 1. */
  readonly place: number;
}

/** What LVIS says of an image beside its objects; category ids are the file's own. */
export interface FederatedImage {
  /** Categories that are certainly not in the image. */
  readonly neg_category_ids: readonly number[];
  /** Categories of which not every object is annotated. */
  readonly not_exhaustive_category_ids: readonly number[];
}

/** A class of an annotation file. */
export interface ClassRecord {
  readonly id: number;
  readonly name: string;
  /** LVIS: rare, common or frequent. */
  readonly frequency?: 'r' | 'c' | 'f';
}

/** An image as its annotation file has it. */
export interface ImageRecord {
  /** COCO: the image's id as text; else the file's name without its ending. */
  readonly id: string;
  /** The number that stands for the image in ground truth: COCO's id; else its index. */
  readonly imageId: number;
  /** Absolute path; empty where no image file was found. */
  readonly file: string;
  /** The annotation file that describes it, absolute. */
  readonly source: string;
  /** Declared size in pixels; 0 where the file gives none. */
  readonly width: number;
  readonly height: number;
  readonly unit: 'pixel' | 'fraction';
  readonly objects: readonly ObjectRecord[];
  /** LVIS only. */
  readonly federated?: FederatedImage;
}

/** One split of a data set as it was read, with what was wrong with it. */
export interface Index {
  readonly format: Format;
  readonly root: string;
  readonly split: string;
  readonly classes: readonly ClassRecord[];
  readonly images: readonly ImageRecord[];
  readonly problems: readonly Problem[];
}

/** The COCO form of a split's annotations, with original ids: what COCO AP needs, and LVIS AP where the file is LVIS's. */
export interface GroundTruth {
  readonly images: readonly (Partial<FederatedImage> & {
    readonly id: number;
    readonly width: number;
    readonly height: number;
    readonly file_name: string;
  })[];
  readonly annotations: readonly {
    readonly id: number;
    readonly image_id: number;
    readonly category_id: number;
    /** x y w h in pixels. */
    readonly bbox: readonly [number, number, number, number];
    readonly area: number;
    readonly iscrowd: 0 | 1;
  }[];
  readonly categories: readonly ClassRecord[];
}

/** The annotation of one image, without its pixels. */
export interface ImageAnnotation {
  readonly id: string;
  readonly imageId: number;
  readonly file: string;
  /** Declared or measured size in pixels. */
  readonly width: number;
  readonly height: number;
  /** cx cy w h in [0, 1], crowds and degenerate boxes left out, flat `[count * 4]`. */
  readonly boxes: Float32Array;
  /** Contiguous class indices `[count]`. */
  readonly labels: Int32Array;
  /** Crowd regions kept aside for evaluation. */
  readonly crowds: number;
}

/** A split of a detection data set on disk. */
export interface DetectionDataset extends Dataset {
  readonly path: string;
  readonly format: Format;
  readonly split: string;
  /** All splits that were found. */
  readonly splits: readonly string[];
  /** The original category id of each contiguous class `[classes]`. */
  readonly categoryIds: readonly number[];
  /** The ground-truth image id of each index `[length]`. */
  readonly imageIds: readonly number[];
  /** What was put right or left out on opening. */
  readonly problems: readonly Problem[];
  /** An image's annotation without decoding it. */
  annotations(index: number): ImageAnnotation;
  /** All annotations in the COCO form, crowds included, for evaluation. */
  groundTruth(): GroundTruth;
}
