// What `startThread` runs in place of a TypeScript module: tsx does not go along into threads by itself.
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
