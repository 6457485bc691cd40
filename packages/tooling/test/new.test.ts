import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
// Inside the workspace, so that what every package finds is found; git and the linter do not look there.
mkdirSync(path.join(workspace, 'runs'), { recursive: true });
const root = mkdtempSync(path.join(workspace, 'runs', 'new-assigner-'));
const made = path.join(root, 'packages', 'assigner-nearest-centre');
const scaffold = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(workspace, 'scripts/new.mjs'), ...args, '--root', root], { encoding: 'utf8' });
const read = (file: string) => readFileSync(path.join(made, file), 'utf8');
const bin = (name: string, args: readonly string[]) =>
  execFileSync(path.join(made, 'node_modules/.bin', name), args, { cwd: made, encoding: 'utf8', stdio: 'pipe' });

beforeAll(() => {
  mkdirSync(path.join(root, 'packages'));
  const { status, stderr } = scaffold('assigner', 'nearest-centre');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  // What an installation would link: the same as for another assigner.
  symlinkSync(path.join(workspace, 'packages/assigner-atss/node_modules'), path.join(made, 'node_modules'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('writes a package like the others', () => {
  const manifest = JSON.parse(read('package.json'));
  const other = JSON.parse(readFileSync(path.join(workspace, 'packages/assigner-atss/package.json'), 'utf8'));
  expect(manifest.name).toBe('@detrain/assigner-nearest-centre');
  for (const field of ['version', 'license', 'type', 'keywords', 'engines', 'exports', 'files', 'scripts', 'detrain'])
    expect(manifest[field], field).toEqual(other[field]);
  const { 'fast-check': _, ...tools } = other.devDependencies;
  expect(manifest.devDependencies).toEqual(tools);
  for (const file of ['tsconfig.json', 'tsup.config.ts'])
    expect(read(file)).toBe(readFileSync(path.join(workspace, 'packages/assigner-atss', file), 'utf8'));
  expect(read('README.md')).toMatch(/^# @detrain\/assigner-nearest-centre\n/);
  expect(read('src/index.ts')).toBe("export * from './nearest-centre.ts';\n");
});

it('is green', () => {
  expect(bin('vitest', ['run'])).toMatch(/Tests .*1\d passed/);
  expect(bin('tsc', ['--noEmit'])).toBe('');
  const lint = ['check', '--vcs-enabled=false', '.'];
  execFileSync(path.join(workspace, 'node_modules/.bin/biome'), lint, { cwd: made, stdio: 'pipe' });
});

it.for([
  [[], 'no kind'],
  [['loss', 'mine'], "kind 'loss'"],
  [['assigner'], 'no name'],
  [['assigner', 'Mine'], "'Mine' is no package name"],
  [['assigner', '../mine'], "'../mine' is no package name"],
  [['assigner', '3d'], "'3d' is no package name"],
  [['assigner', 'my', 'own'], 'Join words with hyphens: my-own'],
  [['assigner', 'assigner-mine'], "leave 'assigner-' out, mine"],
  [['assigner', 'class'], 'a word of JavaScript'],
  [['assigner', 'nearest-centre'], 'packages/assigner-nearest-centre exists'],
] as const)('refuses %j', ([args, reason]) => {
  const before = read('src/nearest-centre.ts');
  const { status, stderr } = scaffold(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(reason);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(read('src/nearest-centre.ts')).toBe(before);
});
