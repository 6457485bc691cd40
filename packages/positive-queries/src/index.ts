export * from './choose.ts';
export * from './masks.ts';
export * from './positive-queries.ts';
