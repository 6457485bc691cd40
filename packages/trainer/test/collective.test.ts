import { once } from 'node:events';
import { startThread } from '@detrain/core/threads';
import { describe, expect, it } from 'vitest';
import { breakUp, sharedCollective, sharedMemory } from '../src/index.ts';

describe('the collective over shared memory', () => {
  it('sums, tells and waits among three threads', async () => {
    const memory = sharedMemory(3, 6);
    const threads = [0, 1, 2].map((rank) =>
      startThread(new URL('./collective-worker.ts', import.meta.url), { memory, rank }),
    );
    for (const [{ wrong, refused }] of await Promise.all(threads.map((thread) => once(thread, 'message')))) {
      expect(wrong).toBe(0);
      expect(refused).toBe(
        "trainer: arrays up to 'large' have 7 numbers. The group exchanges 6 at once. Make it with more room, or exchange them in parts.",
      );
    }
  });

  it('lets nobody wait for a member that has failed', () => {
    const memory = sharedMemory(2, 1);
    breakUp(memory);
    expect(() => sharedCollective(memory, 0).barrier()).toThrow('One of them has failed');
  });
});
