/**
 * How the members of a group that compute one step together exchange numbers. Every member makes the same calls in the same order with
 * arrays of the same names and lengths; each call waits for the others. Calls throw where another member has failed.
 */
export interface Collective {
  /** This member, from 0. */
  readonly rank: number;
  /** Members of the group. */
  readonly size: number;
  /** Sums each array over all members, in place; every member gets the same bits. */
  allReduce(arrays: Readonly<Record<string, Float32Array>>): void;
  /** Gives each array of one member (default 0) to all others, in place. */
  broadcast(arrays: Readonly<Record<string, Float32Array>>, from?: number): void;
  /** Returns when every member has come here. */
  barrier(): void;
}
