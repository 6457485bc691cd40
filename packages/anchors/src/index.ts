export * from './anchor-grid.ts';
export * from './delta-coder.ts';
export * from './distance-coder.ts';
export * from './level-sizes.ts';
export * from './point-grid.ts';
export * from './region-levels.ts';
export * from './region-proposals.ts';
export * from './valid.ts';
