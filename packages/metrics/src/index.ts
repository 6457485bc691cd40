export * from './coco/convert.ts';
export * from './coco/evaluate.ts';
export { COCO_AREAS, COCO_IOU_THRESHOLDS, COCO_RECALLS } from './coco/params.ts';
export * from './coco/types.ts';
export * from './duplicates.ts';
export * from './instability.ts';
export * from './positives.ts';
