export * from './assign-atss.ts';
export * from './atss.ts';
