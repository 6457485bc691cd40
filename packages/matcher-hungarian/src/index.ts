export * from './b-matching.ts';
export * from './box-cost.ts';
export * from './class-cost.ts';
export * from './cost.ts';
export * from './hungarian.ts';
export * from './lsap.ts';
export * from './query-sets.ts';
export * from './switching.ts';
