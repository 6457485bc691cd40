// Writes src/kernels/binary.ts from the .wat files beside it: pnpm --filter @detrain/augment kernels
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { modulesText } from '@detrain/tooling/wat';

const folder = new URL('../src/kernels/', import.meta.url);
export const target = new URL('binary.ts', folder);

/** The text of the target file. */
export const generate = () => modulesText(['color.wat', 'geometry.wat'].map((name) => new URL(name, folder)));

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generate());
