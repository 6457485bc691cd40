import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeSafetensors } from '@detrain/checkpoint';
import { afterAll, expect, it } from 'vitest';
import { findCases } from '../src/index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'detrain-golden-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A clipping case whose recorded norm is `norm`; the true one is 5. */
const clipCase = (name: string, norm: number) => {
  mkdirSync(path.join(folder, name), { recursive: true });
  const clip = { max_norm: 10, returned_total_norm: norm };
  writeFileSync(path.join(folder, name, 'meta.json'), JSON.stringify({ kind: 'optimizer units', clip }));
  const gradient = { dtype: 'float32' as const, shape: [2], data: Float32Array.of(3, 4) };
  const tensors = encodeSafetensors({ 'clip.g0': gradient, 'clip.g0_after': gradient });
  writeFileSync(path.join(folder, name, 'tensors.safetensors'), tensors);
};
clipCase('deep/er/good', 5);
clipCase('wrong', 6);
mkdirSync(path.join(folder, 'new'));
writeFileSync(path.join(folder, 'new/meta.json'), JSON.stringify({ kind: 'something else' }));

const run = (...args: string[]) => {
  const command = ['--conditions=@detrain/source', 'packages/golden/src/main.ts', ...args];
  try {
    const output = execFileSync('node_modules/.bin/tsx', command, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return { code: 0, lines: output.trim().split('\n') };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { code: status, lines: stdout.trim().split('\n') };
  }
};

it('finds cases at any depth', () => {
  expect(findCases(folder).map(({ name }) => name)).toEqual(['deep/er/good', 'new', 'wrong']);
});

it('prints a line a case and the counts last, and fails when a case fails', () => {
  const { code, lines } = run(folder);
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^pass {2}deep\/er\/good {2}worst .* \(tolerance .*\) of 2 checks/);
  expect(lines[1]).toMatch(/^skip {2}new {2}unsupported: /);
  expect(lines[2]).toMatch(/^FAIL {2}wrong/);
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 1 skipped');
});

it('--only takes the cases whose name has the text', () => {
  expect(run(folder, '--only', 'good')).toMatchObject({
    code: 0,
    lines: [expect.anything(), '1 passed, 0 failed, 0 skipped'],
  });
  expect(run(folder, '--only', 'nothing').code).toBe(1);
});

it('says what it wants when called wrongly', () => {
  expect(run().code).toBe(2);
  expect(run(path.join(folder, 'absent')).code).toBe(2);
});
