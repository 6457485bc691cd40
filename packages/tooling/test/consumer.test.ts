import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'detrain-consumer-'));
const tarballFolder = mkdtempSync(path.join(tmpdir(), 'detrain-tarballs-'));
const versions = new Map<string, string>();
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

/** Host packages that are installed alone: what each needs of ours, and an expression that makes an assigner, where it is one. */
const alone: Readonly<Record<string, { readonly needs: readonly string[]; readonly assigner?: string }>> = {
  core: { needs: [] },
  'matcher-hungarian': { needs: ['core'], assigner: 'own.hungarian()' },
  'assigner-iou': { needs: ['core'], assigner: 'own.detaStage2()' },
  'assigner-atss': { needs: ['core'] },
  'assigner-fcos': { needs: ['core'] },
  'assigner-simota': { needs: ['core'], assigner: 'own.simota()' },
  'assigner-paa': { needs: ['core', 'assigner-iou'] },
  anchors: { needs: ['core'] },
  'positive-queries': { needs: ['core'] },
};

/** An empty project with these packages and nothing else. */
const install = (project: string, names: readonly string[]) => {
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  const tarballs = names.map((name) => path.join(tarballFolder, `detrain-${name}-${versions.get(name)}.tgz`));
  run('npm', ['install', '--no-audit', '--no-fund', '--offline', ...tarballs], project);
};

beforeAll(() => {
  const names = Object.keys(alone);
  pnpm(
    ['exec', 'turbo', 'run', 'build', ...names.map((name) => `--filter=@detrain/${name}`)],
    path.join(packages, '..'),
  );
  for (const name of names) {
    const source = path.join(packages, name);
    const { version } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')) as { version: string };
    versions.set(name, version);
    pnpm(['pack', '--pack-destination', tarballFolder], source);
  }
  install(folder, ['core', 'matcher-hungarian']);
}, 300_000);

afterAll(() => {
  for (const path of [folder, tarballFolder]) rmSync(path, { recursive: true, force: true });
});

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

it.each(Object.entries(alone))('%s installs alone and works', (name, { needs, assigner }) => {
  const project = path.join(folder, 'alone', name);
  install(project, [...needs, name]);
  const installed = readdirSync(path.join(project, 'node_modules')).filter((entry) => !entry.startsWith('.'));
  expect(installed).toEqual(['@detrain']);
  expect(readdirSync(path.join(project, 'node_modules', '@detrain')).sort()).toEqual([...needs, name].sort());
  const use = assigner
    ? `const { targetOf } = ${assigner}.assign(
        { boxes: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.2, 0.2), logits: Float32Array.of(0, 0, 0, 3), numClasses: 2, levels: [2] },
        { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(1) },
        { rng: core.createRng(0), progress: 0, epoch: 0, step: 0, output: 'layer.0' },
      );
      console.log(JSON.stringify([...targetOf]));`
    : 'console.log(JSON.stringify([-1, 0]));';
  writeFileSync(
    path.join(project, 'main.mjs'),
    `import * as core from '@detrain/core'; import * as own from '@detrain/${name}';
    if (!Object.values(own).some((value) => typeof value === 'function')) throw new Error('nothing to call');
    ${use}`,
  );
  expect(JSON.parse(run('node', ['main.mjs'], project))).toEqual([-1, 0]);
});
