import type { Budget } from './budget.ts';
import type { Cursor } from './cursor.ts';
import { broken } from './refuse.ts';
import type { PyStorage, PyValue } from './value.ts';

/** What a storage's persistent id stands for; throws on anything else. */
export type PersistentLoad = (id: PyValue) => PyStorage;

/** The state that opcodes work on. */
export interface Machine {
  readonly cursor: Cursor;
  readonly budget: Budget;
  readonly persistentLoad: PersistentLoad;
  /** Where the opcode under way begins. */
  readonly at: number;
  push(value: PyValue): void;
  /** Takes the top value. Throws below the last mark. */
  pop(): PyValue;
  /** The top value, left where it is. */
  top(): PyValue;
  mark(): void;
  /** Takes everything above the last mark, and the mark. */
  popMark(): PyValue[];
  remember(index: number): void;
  /** The number of values remembered so far: the index that MEMOIZE uses. */
  readonly remembered: number;
  recall(index: number): PyValue;
}

/** A machine that has not begun; `step` is called before each opcode. */
export const createMachine = (
  cursor: Cursor,
  budget: Budget,
  persistentLoad: PersistentLoad,
): Machine & { step(): number } => {
  const stack: PyValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PyValue>();
  const { memo: maxMemo, depth: maxDepth } = budget.limits;
  let at = cursor.position;

  const top = (): PyValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw broken(`the stack is empty at byte ${at}`, 'a value on it');
    return stack[stack.length - 1] as PyValue;
  };
  return {
    cursor,
    budget,
    persistentLoad,
    get at() {
      return at;
    },
    step: () => {
      at = cursor.position;
      budget.spend(1);
      return cursor.byte();
    },
    push: (value) => void stack.push(value),
    top,
    pop: () => {
      const value = top();
      stack.pop();
      return value;
    },
    mark: () => {
      if (marks.length >= maxDepth)
        throw broken(`more than ${maxDepth} open containers at byte ${at}`, 'shallow containers', 'too-large');
      marks.push(stack.length);
    },
    popMark: () => {
      const start = marks.pop();
      if (start === undefined) throw broken(`no mark on the stack at byte ${at}`, 'a mark');
      return stack.splice(start);
    },
    remember: (index) => {
      if (memo.size >= maxMemo)
        throw broken(`more than ${maxMemo} remembered values at byte ${at}`, 'what a state dict needs', 'too-large');
      memo.set(index, top());
    },
    get remembered() {
      return memo.size;
    },
    recall: (index) => {
      const value = memo.get(index);
      if (value === undefined) throw broken(`nothing is remembered as ${index} at byte ${at}`, 'an index in use');
      return value;
    },
  };
};
