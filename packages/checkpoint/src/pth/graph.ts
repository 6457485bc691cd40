import type { Budget } from './budget.ts';
import { broken } from './refuse.ts';
import { children, type PyValue } from './value.ts';

/**
 * Makes sure that a value can be walked: no container inside itself, none too deep. Every container is visited once,
 * however often it is shared, so a file that repeats itself exponentially costs no more than its bytes.
 *
 * @throws CheckpointError `cycle` or `too-large`.
 */
export const checkGraph = (root: PyValue, budget: Budget): void => {
  /** Levels below a container; undefined while its children are still looked at. */
  const heights = new Map<PyValue, number | undefined>();
  const open: { readonly value: PyValue; readonly rest: Iterator<PyValue>; height: number }[] = [];
  const limit = (depth: number) => {
    if (depth > budget.limits.depth)
      throw broken(`containers nested more than ${budget.limits.depth} deep`, 'shallow containers', 'too-large');
  };
  const enter = (value: PyValue) => {
    heights.set(value, undefined);
    open.push({ value, rest: children(value)[Symbol.iterator](), height: 0 });
    limit(open.length);
  };
  const raise = (frame: { height: number }, height: number) => {
    frame.height = Math.max(frame.height, height);
    limit(frame.height);
  };
  enter(root);
  for (let frame = open.at(-1); frame; frame = open.at(-1)) {
    const next = frame.rest.next();
    budget.spend(1);
    if (next.done) {
      open.pop();
      heights.set(frame.value, frame.height);
      const parent = open.at(-1);
      if (parent) raise(parent, frame.height + 1);
    } else if (typeof next.value === 'object' && next.value !== null && 'kind' in next.value) {
      const child = next.value;
      if (!heights.has(child)) enter(child);
      else {
        const height = heights.get(child);
        if (height === undefined) throw broken('a container that holds itself', 'plain data', 'cycle');
        raise(frame, height + 1);
      }
    }
  }
};
