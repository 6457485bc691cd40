// Writes src/kernels/binary.ts from the .wat files beside it: pnpm --filter @detrain/augment kernels
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const folder = new URL('../src/kernels/', import.meta.url);
export const target = new URL('binary.ts', folder);

const encode = async (name: string): Promise<string> => {
  const { parseWat } = await wabt();
  const file = `${name}.wat`;
  const module = parseWat(file, readFileSync(new URL(file, folder), 'utf8'), { simd: true });
  module.validate();
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [
    `/** The WebAssembly module of \`${file}\`, in base64. */`,
    `export const ${name}Binary =`,
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
};

/** The text of the target file: the modules in base64. Throws where a source is not valid. */
export const generate = async (): Promise<string> =>
  [
    '// Generated from the .wat files by scripts/kernels.ts: change those and run it.',
    '',
    await encode('color'),
    await encode('geometry'),
  ].join('\n');

if (import.meta.url === `file://${process.argv[1]}`) writeFileSync(target, await generate());
