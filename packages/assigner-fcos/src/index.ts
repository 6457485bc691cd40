export * from './assign-fcos.ts';
export * from './fcos.ts';
