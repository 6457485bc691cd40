import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'detrain-consumer-'));
const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const program = `
  const cost = Float32Array.of(4, 1, 3, 2, 0, 5, 3, 2, 2);
  const columns = solveLsap(cost, 3, 3);
  const targets = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(1) };
  const candidates = {
    boxes: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.2, 0.2),
    logits: Float32Array.of(0, 0, 0, 3),
    numClasses: 2,
  };
  const context = { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'layer.0' };
  const { targetOf } = hungarian().assign(candidates, targets, context);
  console.log(JSON.stringify({ columns: [...columns], targetOf: [...targetOf] }));
`;

/** pnpm, as this run was started by it (npx puts no `pnpm` on the path). */
const pnpm = (args: readonly string[], cwd: string) => {
  const script = process.env['npm_execpath'];
  return script?.includes('pnpm') ? run(process.execPath, [script, ...args], cwd) : run('pnpm', args, cwd);
};

beforeAll(() => {
  for (const name of ['core', 'matcher-hungarian']) {
    const source = path.join(packages, name);
    pnpm(['run', 'build'], source);
    pnpm(['pack', '--pack-destination', folder], source);
  }
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, version: '1.0.0' }),
  );
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  run('npm', ['install', '--no-audit', '--no-fund', ...tarballs.map((name) => `./${name}`)], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  [
    'ESM',
    'main.mjs',
    `import { createRng } from '@detrain/core'; import { hungarian, solveLsap } from '@detrain/matcher-hungarian';`,
  ],
  [
    'require',
    'main.cjs',
    `const { createRng } = require('@detrain/core'); const { hungarian, solveLsap } = require('@detrain/matcher-hungarian');`,
  ],
])('a project outside the workspace uses the packed tarballs from %s', (_, file, imports) => {
  writeFileSync(path.join(folder, file), imports + program);
  expect(JSON.parse(run('node', [file], folder))).toEqual({ columns: [1, 0, 2], targetOf: [-1, 0] });
});

it('the packed packages bring no dependency of their own', () => {
  expect(readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@detrain']);
});
