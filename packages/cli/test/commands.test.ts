import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readHostTensors } from '@detrain/checkpoint';
import { describe, expect, it } from 'vitest';
import { run, start, THREADS, TINY, useFolder, writeShapes } from './harness.ts';

const folder = useFolder();
const runs = () => path.join(folder(), 'runs');
const only = () => path.join(runs(), readdirSync(runs())[0] as string);
const lines = (kind: string, at = only()) =>
  readFileSync(path.join(at, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => line.kind === kind);

describe('train', () => {
  it('writes a run, and val, predict and resume use it', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const trained = await run('train', TINY, '--data', data, '--out', runs(), '--epochs', '2', '--seed', '5');
    expect(trained.err).toBe('');
    expect(trained.code).toBe(0);
    expect(trained.out).toMatch(/epoch 2\/2 {2}ap \d\.\d{4}/);
    expect(readdirSync(only()).sort()).toEqual([
      'config.resolved.json',
      'images',
      'manifest.json',
      'metrics.jsonl',
      'report.html',
      'state',
      'weights',
    ]);
    expect(path.basename(only())).toMatch(/^\d{4}-\d\d-\d\d-tiny-01$/);
    const manifest = JSON.parse(readFileSync(path.join(only(), 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      seed: 5,
      classes: ['red', 'blue'],
      categoryIds: [3, 7],
      model: { name: 'tiny' },
      recipe: { name: 'detr' },
    });
    expect(readHostTensors(path.join(only(), 'weights', 'best.safetensors')).metadata).toMatchObject({
      model: 'tiny',
      classes: '["red","blue"]',
    });
    expect(readdirSync(path.join(only(), 'images'))).toHaveLength(3);

    const val = await run('val', only(), '--json');
    expect(val.code).toBe(0);
    const { metrics, perClass } = JSON.parse(val.out);
    const best = Math.max(...lines('validation').map((line) => line.metrics.ap));
    expect(metrics.ap).toBe(best);
    expect(perClass.map(({ category }: { category: number }) => category)).toEqual([3, 7]);
    const other = await writeShapes(path.join(folder(), 'other'));
    const file = path.join(other, 'annotations', 'instances_val.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"red"', '"green"'));
    expect((await run('val', only(), '--data', other)).err).toBe(
      'The weights know red, blue; the data has green, blue. Measure on data with the same classes.\n',
    );
    expect((await run('val', only(), '--split', 'train')).out).toMatch(/AP {2}0.50:0.95 {2}all +\d\.\d{4}/);

    const out = path.join(folder(), 'found');
    const predicted = await run('predict', only(), path.join(data, 'val'), '--out', out, '--threshold', '0');
    expect(predicted.code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['1.png', '2.png', '3.png', 'predictions.json']);
    const found = JSON.parse(readFileSync(path.join(out, 'predictions.json'), 'utf8'));
    expect(found[0].objects[0]).toMatchObject({ box: expect.any(Array), class: expect.stringMatching(/red|blue/) });

    const again = await run('train', '--resume', '--out', runs(), '--epochs', '3');
    expect(again.code).toBe(0);
    expect(lines('step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives the same losses for the same seed, and others for another', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const losses = async (seed: string, name: string) => {
      const out = path.join(folder(), name);
      expect((await run('train', TINY, '--data', data, '--out', out, '--epochs', '2', '--seed', seed)).code).toBe(0);
      return lines('step', path.join(out, readdirSync(out)[0] as string)).map(({ loss }) => loss);
    };
    const first = await losses('1', 'a');
    expect(await losses('1', 'b')).toEqual(first);
    expect(await losses('2', 'c')).not.toEqual(first);
  });

  it('shares steps and loading among threads, with the losses of one thread, and says where the time went', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const losses = async (config: string, ...more: readonly string[]) => {
      const out = path.join(folder(), path.basename(config));
      const args = [config, '--data', data, '--out', out, '--epochs', '2', ...more];
      const { code, err, out: said } = await run('train', ...args);
      expect(err).toBe('');
      expect(code).toBe(0);
      const at = path.join(out, readdirSync(out)[0] as string);
      return { said, at, losses: lines('step', at).map(({ loss }) => loss as number) };
    };
    const one = await losses(TINY);
    const two = await losses(THREADS, '--profile');
    expect(two.losses).toBeAllclose(one.losses, { rtol: 1e-4 });
    expect(two.said).toMatch(/workers 2\n/);
    expect(two.said).toMatch(/profile of 5 steps +median ms +p90 ms\nwait for data +\d/);
    const { steps, seconds, nodes } = JSON.parse(readFileSync(path.join(two.at, 'profile.json'), 'utf8'));
    expect(steps).toBe(5);
    expect(Object.keys(seconds)).toEqual(['data', 'forward', 'assign', 'backward', 'update', 'total']);
    expect(seconds.total.p90).toBeGreaterThanOrEqual(seconds.total.median);
    expect(nodes).toHaveLength(10);
    expect(readdirSync(one.at)).not.toContain('profile.json');
  });

  it('refuses more workers than a batch has images, before a run is made', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const many = await run('train', TINY, '--data', data, '--out', runs(), '--workers', '3');
    expect(many.code).toBe(2);
    expect(many.err).toMatch(/^3 workers for batches of 2: .* Set workers to 2 or less\.\n$/);
    expect(existsSync(runs())).toBe(false);
  });

  it('smokes a model of the zoo on the engine that would be used', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'), { train: 4, val: 2 });
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
      '--smoke',
      '--json',
    );
    expect(smoke.err).not.toMatch(/error/i);
    expect(smoke.code).toBe(0);
    expect(JSON.parse(smoke.out)).toMatchObject({ reason: 'finished', step: 4, epoch: 2 });
    const { metadata } = readHostTensors(path.join(only(), 'weights', 'last.safetensors'));
    expect(metadata['model']).toBe('deimv2-atto');
  });

  it('Ctrl-C ends the step, saves, and the resumed run has the losses of one that was not interrupted', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const args = ['train', TINY, '--data', data, '--epochs', '16'];
    const whole = path.join(folder(), 'whole');
    expect((await run(...args, '--out', whole)).code).toBe(0);

    const { child, done } = start([...args, '--out', runs()], folder());
    child.stdout?.on('data', (chunk) => String(chunk).includes('epoch 2/16') && child.kill('SIGINT'));
    const stopped = await done;
    expect(stopped.code).toBe(130);
    expect(stopped.out).toMatch(/The state is saved\.\ngo on {3}detrain train --resume runs\//);
    const before = lines('step').length;
    expect(before).toBeLessThan(48);

    const resumed = await start(['train', '--resume'], folder()).done;
    expect(resumed.code).toBe(0);
    const losses = (at: string) => lines('step', at).map(({ loss }) => loss);
    expect(losses(only())).toEqual(losses(path.join(whole, readdirSync(whole)[0] as string)));
  });

  it('stops at a loss that is not finite, and says how to go on', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const { code, out } = await run('train', TINY, '--data', data, '--out', runs(), '--lr', '1e38');
    expect(code).toBe(2);
    expect(out).toMatch(/step \d+ \(epoch \d\): \S+.* is not finite\. The batch and the weights are in \S+crash/);
    expect(out).toMatch(/go on {3}detrain train --resume \S+ --on-non-finite skip\n$/);
  });

  it('refuses bad data and lists it; repairs it when told', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    const file = path.join(data, 'annotations', 'instances_train.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    json.annotations[0].category_id = 99;
    writeFileSync(file, JSON.stringify(json));
    const refused = await run('train', TINY, '--data', data, '--out', runs());
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/99/);
    expect(refused.err).not.toMatch(/at \w+ \(/);
    expect(existsSync(runs())).toBe(false);

    const checked = await run('data', 'check', data);
    expect(checked.code).toBe(1);
    expect(checked.out).toMatch(/error .*99/);
    expect(
      (await run('train', TINY, '--data', data, '--out', runs(), '--epochs', '1', '--on-problem', 'repair')).code,
    ).toBe(0);
  });

  it('says what is wrong in one message', async () => {
    const none = await run('train', TINY, '--out', runs());
    expect(none).toMatchObject({
      code: 2,
      out: '',
      err: "No data. Say where it is: detrain train --data DIR, or data: { path: 'DIR' } in the config.\n",
    });
    const empty = path.join(folder(), 'empty');
    mkdirSync(empty);
    expect((await run('train', '--data', empty)).err).toMatch(
      /no COCO, VOC or YOLO data set in .*\n?.*one of these layouts/,
    );
    const data = await writeShapes(path.join(folder(), 'shapes'));
    expect((await run('train', '--data', data, '--model', 'deimv2-ato', '--batch', '2')).err).toBe(
      'There is no model deimv2-ato. Did you mean deimv2-atto?\n',
    );
    expect((await run('train', '--data', data, '--epochs', 'many')).err).toBe(
      '--epochs is "many". Give a whole number from 1.\n',
    );
    expect((await run('train', '--resume', '--out', runs())).err).toMatch(/There is no run in/);
    expect((await run('train', 'missing.ts', '--data', data)).err).toMatch(/missing.ts does not exist/);
  });
});

describe('data check', () => {
  it('finds nothing wrong with good data', async () => {
    const data = await writeShapes(path.join(folder(), 'shapes'));
    expect(await run('data', 'check', data)).toEqual({ code: 0, out: 'No problems: ready to train.\n', err: '' });
    expect(JSON.parse((await run('data', 'check', data, '--json')).out)).toMatchObject({
      errors: 0,
      warnings: 0,
      problems: [],
    });
  });
});

describe('doctor', () => {
  it('looks at everything, trains three steps, and is ready', async () => {
    const { code, out } = await run('doctor', '--json');
    const { ok, findings } = JSON.parse(out);
    expect(findings.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([
        'node',
        'machine',
        'memory',
        'heap',
        'disk',
        'sharp',
        'engine compiled',
        'engine cpu',
        'training',
      ]),
    );
    expect(findings.at(-1)).toMatchObject({ name: 'training', state: 'ok' });
    expect(ok).toBe(code === 0);
  });
});
