import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernelNames } from '../src/index.ts';

it('the README lists exactly the kernels of the table', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('## Kernels'), text.indexOf('Another kernel'));
  const rows = [...table.matchAll(/^\| [a-z]+ +\| ([A-Z].+) \|$/gm)];
  expect(rows.flatMap(([, names]) => names!.trim().split(/\s+/)).sort()).toEqual(kernelNames());
});
