import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRng } from '@detrain/core';
import sharp from 'sharp';
import { afterEach, beforeEach, vi } from 'vitest';
import { main } from '../src/main.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const TINY = here('./fixtures/tiny.config.ts');
export const ENDINGS = here('./fixtures/endings.ts');
export const THREADS = here('./fixtures/threads.config.ts');
const BIN = here('../src/bin.ts');
const COLOURS = { red: '#dd2222', blue: '#2222dd' } as const;

/** A folder of its own for each test. */
export const useFolder = (): (() => string) => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'detrain-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
};

/** Coloured rectangles on grey, in COCO layout with ids that are not contiguous. */
export const writeShapes = async (
  root: string,
  splits: Readonly<Record<string, number>> = { train: 6, val: 3 },
): Promise<string> => {
  mkdirSync(path.join(root, 'annotations'), { recursive: true });
  for (const [split, count] of Object.entries(splits)) {
    mkdirSync(path.join(root, split), { recursive: true });
    const rng = createRng(split);
    const annotations: object[] = [];
    for (let image = 1; image <= count; image++) {
      const shapes = Array.from({ length: 1 + rng.int(2) }, (_, k) => {
        const [width, height] = [12 + rng.int(12), 12 + rng.int(12)];
        return { left: rng.int(48 - width), top: rng.int(48 - height), width, height, kind: (image + k) % 2 };
      });
      for (const { left, top, width, height, kind } of shapes)
        annotations.push({
          id: annotations.length + 1,
          image_id: image,
          category_id: [3, 7][kind],
          bbox: [left, top, width, height],
          area: width * height,
          iscrowd: 0,
        });
      const overlays = shapes.map(({ left, top, width, height, kind }) => ({
        input: { create: { width, height, channels: 3 as const, background: Object.values(COLOURS)[kind] as string } },
        left,
        top,
      }));
      await sharp({ create: { width: 48, height: 48, channels: 3, background: '#808080' } })
        .composite(overlays)
        .png()
        .toFile(path.join(root, split, `${image}.png`));
    }
    const images = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      width: 48,
      height: 48,
      file_name: `${i + 1}.png`,
    }));
    const categories = Object.keys(COLOURS).map((name, i) => ({ id: [3, 7][i], name }));
    writeFileSync(
      path.join(root, 'annotations', `instances_${split}.json`),
      JSON.stringify({ images, annotations, categories }),
    );
  }
  return root;
};

/** What a command printed and gave back. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process. */
export const run = async (...args: readonly string[]): Promise<Ran> => {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += String(chunk);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    err += String(chunk);
    return true;
  });
  try {
    return { code: await main(args), out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
};

/** Starts the command, or another script of the source tree, as a process of its own. */
export const start = (
  args: readonly string[],
  cwd: string,
  { script = BIN, environment = {} }: { readonly script?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): { readonly child: ChildProcess; readonly done: Promise<Ran> } => {
  const tsx = createRequire(here('../../../package.json')).resolve('tsx');
  const options = ['--conditions=@detrain/source', '--import', pathToFileURL(tsx).href, script];
  const env = { ...process.env, NO_COLOR: '1', ...environment };
  const child = spawn(process.execPath, [...options, ...args], { cwd, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const done = new Promise<Ran>((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out, err })));
  return { child, done };
};
