export * from './losses.ts';
export * from './paa.ts';
export * from './separate.ts';
export * from './two-gaussians.ts';
