import { type Budget, createBudget } from './budget.ts';
import { type Bytes, createCursor } from './cursor.ts';
import { checkGraph } from './graph.ts';
import { createMachine, type PersistentLoad } from './machine.ts';
import { opcodes, refusedOpcodes } from './opcodes.ts';
import { broken, refused } from './refuse.ts';
import type { PyValue } from './value.ts';

export interface UnpickleOptions {
  /** Where the pickle begins. Default 0. */
  readonly start?: number;
  readonly budget?: Budget;
  /** Default: no persistent ids. */
  readonly persistentLoad?: PersistentLoad;
}

/** A pickle's value and the byte after its end. */
export interface Unpickled {
  readonly value: PyValue;
  readonly end: number;
}

const PROTO = 0x80;
const STOP = 0x2e;

const noPersistentIds: PersistentLoad = () => {
  throw broken('a persistent id', 'none: only the pickle of a checkpoint has storages');
};

/**
 * Reads one pickle (protocols 2 to 5) as data. A stack machine of its own that executes nothing: every global is looked
 * up in a fixed list of names, and the few that may be called are functions of this package that build plain values.
 *
 * @throws CheckpointError `refused-global`, `refused-call` or `refused-opcode` for anything but data, by name and byte;
 * `bad-pickle`, `truncated`, `cycle` or `too-large` for a damaged or hostile file.
 */
export const unpickle = (
  source: Bytes,
  { start = 0, budget = createBudget(), persistentLoad = noPersistentIds }: UnpickleOptions = {},
): Unpickled => {
  const cursor = createCursor(source, start);
  const machine = createMachine(cursor, budget, persistentLoad);
  if (machine.step() !== PROTO) throw broken(`no PROTO at byte ${start}`, 'a pickle of protocol 2 to 5');
  const protocol = cursor.byte();
  if (protocol < 2 || protocol > 5) throw broken(`pickle protocol ${protocol}`, '2 to 5');
  for (;;) {
    const code = machine.step();
    if (code === STOP) {
      const value = machine.pop();
      checkGraph(value, budget);
      return { value, end: cursor.position };
    }
    const run = opcodes[code];
    if (!run) {
      const known = refusedOpcodes[code];
      const at = `at byte ${machine.at}`;
      throw known
        ? refused('refused-opcode', `opcode ${known} ${at}`)
        : broken(`byte 0x${code.toString(16)} is no opcode, ${at}`, 'an opcode of protocols 2 to 5');
    }
    run(machine);
  }
};
