export * from './build.ts';
export * from './contrastive.ts';
export * from './draws.ts';
export * from './layout.ts';
export * from './mask.ts';
