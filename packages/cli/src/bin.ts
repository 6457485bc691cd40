#!/usr/bin/env node
import { runInKeptHeap } from './kept-heap.ts';

// What commands need is loaded once it is sure that they run in this process.
process.exitCode = (await runInKeptHeap(process.argv.slice(2))) ?? (await (await import('./main.ts')).main());
