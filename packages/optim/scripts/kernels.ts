// Writes src/kernels-binary.ts from src/kernels.wat: pnpm --filter @detrain/optim kernels
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import wabt from 'wabt';

const source = new URL('../src/kernels.wat', import.meta.url);
export const target = new URL('../src/kernels-binary.ts', import.meta.url);

/** The text of the target file: the module in base64. Throws where the source is not valid. */
export const generate = async (): Promise<string> => {
  const { parseWat } = await wabt();
  const module = parseWat('kernels.wat', readFileSync(source, 'utf8'), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  const base64 = Buffer.from(buffer).toString('base64');
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [
    '// Generated from kernels.wat by scripts/kernels.ts: change that file and run it.',
    '',
    '/** The WebAssembly module of `kernels.wat`, in base64. */',
    'export const kernelsBinary =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(target, await generate());
