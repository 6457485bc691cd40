// Writes src/kernels-binary.ts from src/kernels.wat: pnpm --filter @detrain/optim kernels
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { modulesText } from '@detrain/tooling/wat';

export const target = new URL('../src/kernels-binary.ts', import.meta.url);

/** The text of the target file. */
export const generate = () => modulesText([new URL('../src/kernels.wat', import.meta.url)]);

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generate());
