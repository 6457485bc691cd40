import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readHostTensors } from '@detrain/checkpoint';
import type {} from '@detrain/tooling/setup';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run, useFolder, writeShapes } from './harness.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** A model with a backbone, an encoder and class heads. */
const PARTS = here('./fixtures/parts.config.ts');
/** Its weights for COCO, saved by PyTorch as the official code does; every number in the head rows of class c is c / 100. */
const COCO_PTH = here('./fixtures/parts-coco.pth');
const CAT = 15;
const reference = process.env['DETRAIN_REFERENCE'] ?? '';

const folder = useFolder();
afterEach(() => vi.unstubAllEnvs());
const runs = (name = 'runs') => path.join(folder(), name);
const only = (name?: string) => path.join(runs(name), readdirSync(runs(name))[0] as string);
const weightsOf = (at: string, name = 'last') =>
  readHostTensors(path.join(at, 'weights', `${name}.safetensors`)).tensors;
const manifestOf = (at: string) => JSON.parse(readFileSync(path.join(at, 'manifest.json'), 'utf8'));

/** Shapes whose two classes go by these names. */
const shapesOf = async (names: readonly string[]): Promise<string> => {
  const data = await writeShapes(path.join(folder(), 'shapes'));
  for (const file of readdirSync(path.join(data, 'annotations'))) {
    const at = path.join(data, 'annotations', file);
    const json = JSON.parse(readFileSync(at, 'utf8'));
    json.categories.forEach((category: { name: string }, i: number) => {
      category.name = names[i] as string;
    });
    writeFileSync(at, JSON.stringify(json));
  }
  return data;
};

describe('fine-tuning', () => {
  it('begins with a .pth of COCO: rows of known classes, what is frozen, and says so', async () => {
    const data = await shapesOf(['robot', 'Cat']);
    const trained = await run('train', PARTS, '--data', data, '--out', runs(), '--weights', COCO_PTH, '--epochs', '1');
    expect(trained.err).toBe('');
    expect(trained.code).toBe(0);
    expect(trained.out).toMatch(/weights 11 tensors of \S+parts-coco\.pth; 4 class tensors rebuilt\n/);
    expect(trained.out).toMatch(
      /heads {3}classes of the file known by their number; rows kept: Cat \(cat\); new: robot\n/,
    );
    expect(manifestOf(only()).weights).toMatchObject({
      loaded: 11,
      classes: [
        { name: 'robot', from: null },
        { name: 'Cat', from: 'cat' },
      ],
      classesKnownBy: 'count',
    });
    const [before, after] = [(await import('@detrain/checkpoint')).readPth(COCO_PTH), weightsOf(only())];
    const { tensors } = await before;
    for (const name of ['conv.weight', 'bn.weight', 'bn.bias', 'bn.running_mean', 'bn.running_var'])
      expect(after[`backbone.stem.${name}`]?.data, name).toEqual(tensors.get(`backbone.stem.${name}`)?.data);
    expect(after['encoder.conv.weight']?.data).not.toEqual(tensors.get('encoder.conv.weight')?.data);
    // Three steps of at most 0.01 each from the row of the cat.
    const cat = after['decoder.dec_score_head.0.weight']?.data.subarray(4, 8) as Float32Array;
    expect(cat).toBeAllclose(
      [CAT, CAT, CAT, CAT].map((row) => row / 100),
      { atol: 0.031 },
    );
    expect((await run('val', only(), '--json')).code).toBe(0);
  });

  it('resumes bit for bit, without the file it began with', async () => {
    const data = await shapesOf(['dog', 'cat']);
    const file = path.join(folder(), 'start.pth');
    const args = ['train', PARTS, '--data', data, '--weights', file];
    copyFileSync(COCO_PTH, file);
    expect((await run(...args, '--out', runs('whole'))).code).toBe(0);
    vi.stubEnv('DETRAIN_TEST_STOP', '1');
    expect((await run(...args, '--out', runs('halves'))).out).toMatch(/stopped: tested/);
    vi.unstubAllEnvs();
    rmSync(file);
    expect((await run('train', '--resume', '--out', runs('halves'))).code).toBe(0);
    for (const name of ['last', 'last-ema'])
      expect(weightsOf(only('halves'), name)).toEqual(weightsOf(only('whole'), name));
    expect(readFileSync(path.join(only('halves'), 'weights', 'last.safetensors'))).toEqual(
      readFileSync(path.join(only('whole'), 'weights', 'last.safetensors')),
    );
  });

  it("begins with a run's folder, whose classes its file names", async () => {
    const data = await shapesOf(['dog', 'cat']);
    expect((await run('train', PARTS, '--data', data, '--out', runs('a'), '--epochs', '1')).code).toBe(0);
    const other = await run(
      'train',
      PARTS,
      '--data',
      await shapesOf(['cat', 'cow']),
      '--out',
      runs('b'),
      '--weights',
      only('a'),
    );
    expect(other.out).toMatch(/classes of the file named by the file; rows kept: cat; new: cow/);
    expect(manifestOf(only('b')).weights.file).toMatch(/best\.safetensors$/);
  });

  it('measures and uses a file that does not say what it is, when told', async () => {
    const data = await shapesOf(['dog', 'cat']);
    const told = ['--weights', COCO_PTH, '--config', PARTS];
    const val = await run('val', ...told, '--data', data, '--json');
    expect(val.err).toBe('');
    expect(JSON.parse(val.out)).toMatchObject({ images: 3, perClass: [{ name: 'dog' }, { name: 'cat' }] });
    const out = path.join(folder(), 'found');
    const found = await run('predict', ...told, path.join(data, 'val', '1.png'), '--out', out, '--threshold', '0');
    expect(found.code).toBe(0);
    const [{ objects }] = JSON.parse(readFileSync(path.join(out, 'predictions.json'), 'utf8'));
    // The highest rows are those of COCO's last classes, whose ids go up to 90.
    expect(objects[0]).toMatchObject({ class: 'toothbrush', categoryId: 90 });
  });

  it('knows pulled weights by name, and says how to get those that are not here', async () => {
    const data = await shapesOf(['dog', 'cat']);
    vi.stubEnv('XDG_CACHE_HOME', folder());
    const cache = path.join(folder(), 'detrain');
    const absent = await run('train', PARTS, '--data', data, '--out', runs(), '--weights', 'dfine-n');
    expect(absent.err).toBe('dfine-n is published and not here yet. Fetch it: detrain pull dfine-n\n');
    mkdirSync(cache);
    copyFileSync(COCO_PTH, path.join(cache, 'parts.pth'));
    writeFileSync(path.join(cache, 'dfine-n.json'), JSON.stringify({ file: 'parts.pth', sha256: '' }));
    const { code, out } = await run(
      'train',
      PARTS,
      '--data',
      data,
      '--out',
      runs(),
      '--weights',
      'dfine-n',
      '--epochs',
      '1',
    );
    expect(out).toMatch(/weights 11 tensors of \S+parts\.pth/);
    expect(code).toBe(0);
    // Its model is known, and this is not it.
    expect((await run('val', '--weights', 'dfine-n', '--data', data)).err).toMatch(
      /parts\.pth fits dfine-n only in part/,
    );
  });

  it('says what is missing', async () => {
    const data = await shapesOf(['robot', 'cat']);
    const err = async (...args: string[]) => (await run(...args, '--data', data, '--out', runs())).err;
    const val = async (...args: string[]) => (await run('val', '--weights', COCO_PTH, '--data', data, ...args)).err;
    expect(await val()).toMatch(
      /parts-coco\.pth does not say which model it is of\. Name it: --model NAME, or --config FILE\.\n$/,
    );
    expect(await val('--model', 'deimv2-atto')).toMatch(
      /fits deimv2-atto only in part: without .* with another shape of/,
    );
    expect(await val('--config', PARTS)).toMatch(
      /^The weights know person, .*; the data has robot too\. Measure on data with the same classes\.\n$/,
    );
    expect(await val('--config', PARTS, '--weights-classes', 'objects365')).toMatch(
      /tells 80 classes apart; objects365 has 365/,
    );
    expect((await run('val')).err).toBe('Name weights: detrain val RUN, or detrain val --weights FILE.\n');
    expect((await run('predict', '--weights', COCO_PTH)).err).toMatch(/^Name weights and images: /);
    expect(await err('train', PARTS, '--weights', 'nowhere.pth')).toMatch(
      /nowhere\.pth does not exist\. Name a run's folder, or a/,
    );
    expect(await err('train', PARTS, '--partial')).toMatch(/say how to read weights\. Name them: --weights FILE/);
    expect(await err('train', '--model', 'deimv2-atto', '--weights', COCO_PTH)).toMatch(
      /fits deimv2-atto only in part/,
    );
    expect(existsSync(runs())).toBe(false);
  });

  it('warns of a warm-up that takes more than a tenth of the run', async () => {
    const config = path.join(folder(), 'long.config.ts');
    writeFileSync(config, `import base from '${PARTS}';\nexport default { ...base, schedule: { warmup: 2 } };`);
    const { err, code } = await run('train', config, '--data', await shapesOf(['a', 'b']), '--out', runs());
    expect(code).toBe(0);
    expect(err).toMatch(/The warm-up is 2 of 9 steps\. Set schedule\.warmup to a share of the run, such as 0\.05\./);
  });

  it('begins with an official ONNX export, its norms measured on the data', async (test) => {
    test.skip(reference === '', 'skipped: no reference data');
    const data = await writeShapes(path.join(folder(), 'shapes'), { train: 4, val: 2 });
    const onnx = path.join(reference, 'datasets/weights-deimv2/deimv2_hgnetv2_atto_coco.onnx');
    const smoke = await run(
      'train',
      '--data',
      data,
      '--out',
      runs(),
      '--size',
      '160',
      '--batch',
      '2',
      '--weights',
      onnx,
      '--smoke',
    );
    expect(smoke.code).toBe(0);
    expect(smoke.out).toMatch(
      /\d+ batch norms unfolded; \d+ filled from the last layer's; fresh: decoder\.denoising_class_embed\.weight\n/,
    );
    expect(smoke.out).toMatch(/norms {3}measured on the data/);
    expect(manifestOf(only()).weights).toMatchObject({ ignored: [], mismatched: [], classesKnownBy: 'count' });
  });
});
