export * from './balance.ts';
export * from './choose.ts';
export * from './deta.ts';
export * from './match.ts';
export * from './max-iou.ts';
export { leaveOut, type OverlapRow, type Overlaps, overlapAt, overlapsOf } from './overlaps.ts';
export * from './proposals.ts';
export * from './sampler.ts';
