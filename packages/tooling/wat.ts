import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const encode = async (source: URL): Promise<string> => {
  const file = path.basename(fileURLToPath(source));
  const { parseWat } = await wabt();
  const module = parseWat(file, readFileSync(source, 'utf8'), { simd: true });
  module.validate();
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [
    `/** The WebAssembly module of \`${file}\`, in base64. */`,
    `export const ${path.parse(file).name}Binary =`,
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
};

/** The text of a TypeScript file with WebAssembly modules, `name.wat` as `nameBinary`. Throws where a source is not valid. */
export const modulesText = async (sources: readonly URL[]): Promise<string> => {
  const texts = await Promise.all(sources.map(encode));
  return ['// Generated from the .wat files by scripts/kernels.ts: change those and run it.', '', ...texts].join('\n');
};
