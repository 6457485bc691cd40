export * from './api.ts';
export { EXIT } from './errors.ts';
export { main } from './main.ts';
export { version } from './version.ts';
