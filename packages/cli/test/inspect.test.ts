import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readHostTensors, writeSafetensors } from '@detrain/checkpoint';
import { memory } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { run, TINY, useFolder, writeShapes } from './harness.ts';

const folder = useFolder();
const at = (...names: string[]) => path.join(folder(), ...names);
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));

/** One image of 100 x 100 pixels with a small red square and a medium blue one, in COCO layout. */
const writeTwoSquares = async (): Promise<string> => {
  const root = at('squares');
  mkdirSync(path.join(root, 'annotations'), { recursive: true });
  mkdirSync(path.join(root, 'val'));
  await sharp({ create: { width: 100, height: 100, channels: 3, background: '#808080' } })
    .png()
    .toFile(path.join(root, 'val', 'two.png'));
  writeFileSync(
    path.join(root, 'annotations', 'instances_val.json'),
    JSON.stringify({
      images: [{ id: 1, width: 100, height: 100, file_name: 'two.png' }],
      annotations: [
        { id: 1, image_id: 1, category_id: 3, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
        { id: 2, image_id: 1, category_id: 7, bbox: [40, 40, 40, 40], area: 1600, iscrowd: 0 },
      ],
      categories: [
        { id: 3, name: 'red' },
        { id: 7, name: 'blue' },
      ],
    }),
  );
  return root;
};

const RED = [0.2, 0.2, 0.2, 0.2];
const BLUE = [0.6, 0.6, 0.4, 0.4];
/** IoU with red 2/3. */
const NEAR_RED = [0.24, 0.2, 0.2, 0.2];
/** IoU with blue 2/3. */
const NEAR_BLUE = [0.68, 0.6, 0.4, 0.4];
const FAR = [0.9, 0.1, 0.1, 0.1];

/** Predictions as another program might write them: boxes of five queries, no scores. */
const writePredictions = (name: string, boxes: readonly number[][], metadata: Record<string, string> = {}): string => {
  const tensor = { shape: [1, boxes.length, 4], dtype: 'float32', data: Float32Array.from(boxes.flat()) } as const;
  const tensors = { 'layer.0.boxes': tensor, 'encoder.boxes': tensor };
  const said = { ids: '["1"]', classes: '["red","blue"]', inputSize: '[128,128]' };
  writeSafetensors(at(name), tensors, { format: 'detrain-predictions', ...said, ...metadata });
  return at(name);
};

const QUERIES = [RED, BLUE, NEAR_RED, NEAR_BLUE, FAR];

describe('inspect', () => {
  it('counts what can be counted by hand, in pictures, page, table and summary', async () => {
    const data = await writeTwoSquares();
    const predictions = writePredictions('now.safetensors', QUERIES);
    const before = writePredictions('before.safetensors', [NEAR_RED, BLUE, RED, NEAR_BLUE, FAR]);
    const own = at('own.ts');
    writeFileSync(
      own,
      `export default [{ title: 'mine <1>', assigner: { name: 'own', options: {}, cardinality: 'one-to-many', slots: 2, assign: () => ({
        targetOf: Int32Array.of(0, 1, -2, -2, -1),
        extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(1) },
      }) } }]`,
    );
    const asked = ['hungarian class=0', 'b-matching K=2 class=0', 'rcnn'].flatMap((name) => ['--strategy', name]);
    const files = ['--data', data, '--predictions', predictions, '--since', before, '--strategies', own];
    const ran = await run('inspect', ...files, ...asked, '--out', at('out'));
    expect(ran.err).toBe('');
    expect(ran.code).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual(['01-1.png', 'index.html', 'summary.json']);

    const { strategies, images } = json('out', 'summary.json');
    const one = { targets: 1, positives: 1, mean: 1, fewest: 1, most: 1, unmatched: 0 };
    const two = { targets: 1, positives: 2, mean: 2, fewest: 2, most: 2, unmatched: 0 };
    const none = { targets: 0, positives: 0, mean: 0, fewest: 0, most: 0, unmatched: 0 };
    expect(strategies).toMatchObject([
      // Query 0 lost red to query 2, query 1 kept blue: two changes among three queries.
      { positives: { small: one, medium: one, large: none }, ignoredShare: 0, shared: 0, changedShare: 2 / 3 },
      { positives: { small: two, medium: two, large: none }, ignoredShare: 0, shared: 0, changedShare: 0 },
      { positives: { small: two, medium: two, large: none }, ignoredShare: 0, shared: 0, changedShare: 0 },
      {
        strategy: 'mine <1>',
        candidates: 5,
        positives: { small: one, medium: two, all: { targets: 2, positives: 3, mean: 1.5, fewest: 1, most: 2 } },
        ignoredShare: 2 / 5,
        shared: 1,
        changedShare: 0,
      },
    ]);
    expect(images).toEqual([
      {
        id: '1',
        picture: '01-1.png',
        classes: ['red', 'blue'],
        positives: { 'hungarian class=0': [1, 1], 'b-matching K=2 class=0': [2, 2], rcnn: [2, 2], 'mine <1>': [1, 2] },
      },
    ]);
    expect(ran.out).toMatch(/^mine <1> +5 +1\.50 +1 +2 +1\.00 +2\.00 +- +0 +40\.0% +1 +0\.0%$/m);

    const html = readFileSync(at('out', 'index.html'), 'utf8');
    expect(html).toContain('<th scope="row">1: blue</th><td>1</td><td>2</td><td>2</td><td>2</td>');
    expect(html).toContain('3 positives for 2 objects, 2 of 5 ignored');
    expect(html).not.toContain('mine <1>');
    // Three panels a row.
    expect(await sharp(at('out', '01-1.png')).metadata()).toMatchObject({ format: 'png', width: 3 * 576 + 16 });
  });

  it('compares anchor strategies without any model', async () => {
    const data = await writeTwoSquares();
    const ran = await run('inspect', '--data', data, '--size', '128', '--out', at('out'), '--json');
    const { strategies } = JSON.parse(ran.out);
    // Cells of strides 8 to 128 on 128 pixels; RetinaNet has nine anchors at each.
    const cells = 16 ** 2 + 8 ** 2 + 4 ** 2 + 2 ** 2 + 1;
    expect(
      strategies.map(({ strategy, candidates }: { strategy: string; candidates: number }) => [strategy, candidates]),
    ) //
      .toEqual([
        ['retinanet', 9 * cells],
        ['atss', cells],
        ['fcos', cells],
      ]);
    expect(strategies[0].ignoredShare).toBeGreaterThan(0);
    expect(strategies[0].changedShare).toBeNull();
  });

  it('runs a model, records what it says, and finds the same in the recording', async () => {
    const data = await writeShapes(at('shapes'));
    await run('train', TINY, '--data', data, '--out', at('runs'), '--epochs', '1');
    const trained = at('runs', readdirSync(at('runs'))[0] as string);
    const asked = ['--strategy', 'hungarian', '--strategy', 'b-matching K=2', '--strategy', 'simota'];
    const record = at('recorded', 'now.safetensors');
    const options = ['--engine', 'cpu', '--images', '2', '--record', record, '--out', at('a')];
    const first = await run('inspect', trained, ...asked, '--strategy', 'recipe', ...options);
    expect(first.err).toBe('');
    const { strategies } = json('a', 'summary.json');
    // The recipe of this run matches as DETR does.
    expect(strategies[3].positives).toEqual(strategies[0].positives);
    expect(strategies[0].positives.all).toMatchObject({ mean: 1, unmatched: 0 });
    expect(readHostTensors(record).tensors['layer.0.logits']?.shape).toEqual([2, 8, 2]);

    const tensors = memory().numTensors;
    const again = await run('inspect', trained, ...asked, ...options, '--since', record);
    expect(again.code).toBe(0);
    expect(memory().numTensors).toBe(tensors);
    expect(json('a', 'summary.json').strategies[0].changedShare).toBe(0);

    const recorded = ['--predictions', record, '--data', data, '--out', at('b')];
    expect((await run('inspect', ...recorded, ...asked)).code).toBe(0);
    expect(json('b', 'summary.json').images).toEqual(json('a', 'summary.json').images);
  });
});

describe('what cannot be inspected', () => {
  const refused = async (...args: string[]) => {
    const { code, err } = await run('inspect', ...args);
    expect(code).toBe(2);
    return err;
  };

  it('names the nearest strategy and option', async () => {
    const data = ['--data', await writeTwoSquares(), '--out', at('out')];
    expect(await refused(...data, '--strategy', 'ats')).toContain('There is no strategy ats. Did you mean atss?');
    expect(await refused(...data, '--strategy', 'atss top=9')).toContain('atss has no option top. Did you mean topk?');
    expect(await refused(...data, '--strategy', 'atss topk=many')).toContain('Write topk=9');
    expect(await refused(...data, '--strategy', 'atss topk=0')).toContain('assigner-atss: topk: 0');
    expect(await refused(...data, '--strategy', 'recipe')).toContain('Use hungarian, or name a run');
    expect(await refused(...data, '--strategy', 'hungarian')).toContain('there are none. Name a run');
  });

  it('says what predictions lack', async () => {
    const data = ['--data', await writeTwoSquares(), '--out', at('out')];
    const file = writePredictions('now.safetensors', QUERIES);
    const given = [...data, '--predictions', file];
    expect(await refused(...given, '--strategy', 'hungarian')).toMatch(/"hungarian", image 1: .*without logits/);
    expect(await refused(...given, '--output', 'layer.7')).toContain('There are layer.0, encoder');
    const other = writePredictions('other.safetensors', QUERIES, { classes: '["cat","dog"]' });
    expect(await refused(...data, '--predictions', other)).toContain('is of cat, dog; the data has red, blue');
    const elsewhere = writePredictions('elsewhere.safetensors', QUERIES, { ids: '["9"]' });
    expect(await refused(...data, '--predictions', elsewhere)).toContain('The data has no image 9 in val');
    writeSafetensors(at('weights.safetensors'), {});
    expect(await refused(...data, '--predictions', at('weights.safetensors'))).toContain('holds no predictions');
    expect(await refused(...data, '--predictions', at('none'))).toContain('is no file');
    expect(await refused(...data, '--record', at('x'))).toContain('--record writes what a model predicts');
    expect(await refused(...data, '--since', file)).toContain('--since compares with earlier predictions');
  });

  it('checks what a strategy of one`s own gives', async () => {
    const data = ['--data', await writeTwoSquares(), '--out', at('out')];
    const own = async (code: string) => {
      writeFileSync(at('own.ts'), `export default ${code}`);
      return refused(...data, '--strategies', at('own.ts'));
    };
    const giving = (assignment: string) =>
      own(`[{ name: 'own', options: {}, cardinality: 'one-to-many', assign: ({ boxes }) => (${assignment}) }]`);
    expect(await giving('{ targetOf: Int32Array.of(0) }')).toMatch(/"own", image 1: targetOf has 1 entries for \d+/);
    expect(await giving('{ targetOf: new Int32Array(boxes.length / 4).fill(2) }')).toContain('target 2 of 2');
    expect(await own('42')).toContain('exports no list');
    expect(await own('[{ assigner: 1 }]')).toContain('entry 0 is no assigner');
    expect(await own('[{ assigner: { name: "x", assign() {} }, candidates: "boxes" }]')).toContain('are "boxes"');
  });
});
