export * from './assign-simota.ts';
export * from './simota.ts';
