import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { canKeepHeap, KEPT_HEAP, keepsHeap } from '@detrain/engine/heap';
import { describe, expect, it } from 'vitest';
import { keptHeapObstacle } from '../src/kept-heap.ts';
import { inForeground } from '../src/restart.ts';
import { ENDINGS, start, useFolder } from './harness.ts';

const folder = useFolder();
/** As if nothing were set where the tests run; Node.js passes undefined variables on to nobody. */
const unset = { GLIBC_TUNABLES: undefined, LD_PRELOAD: undefined, DETRAIN_KEEP_HEAP: undefined };
const endings = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  start(args, folder(), { script: ENDINGS, environment: { ...unset, ...environment } });
const saidBy = (out: string) => JSON.parse(out.split('\n')[0] as string);

describe('what stands in the way', () => {
  it("is the user's own word, another allocator, or the system", () => {
    expect(keptHeapObstacle({ DETRAIN_KEEP_HEAP: '0' })).toMatch('DETRAIN_KEEP_HEAP');
    expect(keptHeapObstacle({ GLIBC_TUNABLES: 'glibc.malloc.arena_max=1' })).toMatch('GLIBC_TUNABLES');
    expect(keptHeapObstacle({ LD_PRELOAD: 'libjemalloc.so' })).toMatch('LD_PRELOAD');
    expect(keptHeapObstacle({}) === undefined).toBe(canKeepHeap());
  });
});

it("Ctrl-C reaches the group that is in the terminal's foreground", () => {
  const stat = (group: number, terminal: number, foreground: number) =>
    `7 (a) b) S 1 ${group} 3 ${terminal} ${foreground} 4194304 100`;
  expect(inForeground(stat(7, 34816, 7))).toBe(true);
  expect(inForeground(stat(7, 34816, 9))).toBe(false);
  expect(inForeground(stat(7, 0, -1))).toBe(false);
  expect(inForeground(stat(0, 0, 0))).toBe(false);
});

describe.runIf(canKeepHeap())('detrain train', () => {
  it('is started again, as it was, in a heap that is kept', async () => {
    const { code, out, err } = await endings(['train', 'a b', '7']).done;
    expect({ code, err }).toEqual({ code: 7, err: '' });
    const said = saidBy(out);
    expect(said).toMatchObject({ tunables: KEPT_HEAP, args: ['train', 'a b', '7'], cwd: folder() });
    expect(said.execArgv).toContain('--conditions=@detrain/source');
    expect(keepsHeap(said.tunables)).toBe(true);
  });

  it.each([
    ['another command', ['val', '0'], {}, undefined],
    ['help', ['train', '--help', '0'], {}, undefined],
    ['DETRAIN_KEEP_HEAP=0', ['train', '0'], { DETRAIN_KEEP_HEAP: '0' }, undefined],
    ['GLIBC_TUNABLES', ['train', '0'], { GLIBC_TUNABLES: 'glibc.malloc.arena_max=1' }, 'glibc.malloc.arena_max=1'],
  ])('is not, with %s', async (_, args, environment, tunables) => {
    const { code, out } = await endings(args, environment).done;
    expect(code).toBe(0);
    expect(saidBy(out).tunables).toBe(tunables);
  });

  it('ends by the signal that ended it', async () => {
    const { child, done } = endings(['train', 'SIGKILL']);
    await done;
    expect(child.signalCode).toBe('SIGKILL');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('gets %s once, and ends as it likes', async (signal) => {
    const { child, done } = endings(['train', 'wait']);
    child.stdout?.on('data', (chunk) => String(chunk).includes('waiting') && child.kill(signal));
    expect((await done).code).toBe(41);
  });

  it('is so from its bin', async () => {
    const config = path.join(folder(), 'detrain.config.ts');
    writeFileSync(config, "console.log('heap', process.env['GLIBC_TUNABLES']);\nexport default {};\n");
    const { code, out, err } = await start(['train', config], folder(), { environment: unset }).done;
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/^No data\./) });
    expect(out).toBe(`heap ${KEPT_HEAP}\n`);
  });
});
