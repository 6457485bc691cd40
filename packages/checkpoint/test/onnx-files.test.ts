import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeModel } from '@detrain/onnx/file';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeOnnxWeights, isCheckpointError, readOnnxWeights, readWeightsFile } from '../src/index.ts';
import { graphOf, tensor } from './onnx-graph.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('files', () => {
  const graph = graphOf([['/model/backbone/stem/Conv', 'Conv', ['images', 'w', 'b'], 'y']], {
    w: tensor([2, 3, 1, 1]),
    b: tensor([2]),
  });
  const bytes = encodeModel(graph);
  const failure = (content: Uint8Array): { code: string; message: string } => {
    const file = path.join(folder, 'model.onnx');
    writeFileSync(file, content);
    try {
      readOnnxWeights(file);
    } catch (error) {
      if (!isCheckpointError(error)) throw error;
      expect(error.message).toMatch(/^@detrain\/checkpoint: .*\. Wanted .* File: .*model\.onnx$/s);
      return error;
    }
    throw new Error('nothing was thrown');
  };

  it('are told apart from others by content', async () => {
    const file = path.join(folder, 'weights.bin');
    writeFileSync(file, bytes);
    const { tensors, source, metadata } = await readWeightsFile(file);
    expect([...tensors.keys()]).toEqual(['backbone.stem.weight', 'backbone.stem.bias']);
    expect(source).toBe('onnx');
    expect(JSON.parse(metadata['inputSize'] ?? '')).toEqual([64, 96]);
  });

  it('cut short anywhere, or with any byte changed, give weights or a named error, never another one', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
        const damaged = cut ? bytes.slice(0, at) : bytes.slice();
        if (!cut) damaged[at] = value;
        try {
          decodeOnnxWeights(damaged);
        } catch (error) {
          expect(error).toSatisfy(isCheckpointError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('that are no models, or models of another kind', () => {
    expect(failure(new TextEncoder().encode('not a model at all')).code).toBe('bad-onnx');
    expect(failure(bytes.slice(0, bytes.length - 20)).code).toBe('bad-onnx');
    expect(failure(new Uint8Array(0)).code).toBe('no-weights');
    const strange = graphOf([['Conv_0', 'Conv', ['images', 'w', 'b'], 'y']], {
      w: tensor([2, 3, 1, 1]),
      b: tensor([2]),
    });
    expect(failure(encodeModel(strange)).message).toMatch(
      /1 nodes and 2 constants, none of which has an official name/,
    );
  });

  it('that keep their weights elsewhere', () => {
    // ModelProto.graph.initializer { dims: 2, data_type: 1, name: "w", data_location: EXTERNAL }
    const initializer = Uint8Array.of(0x08, 2, 0x10, 1, 0x42, 1, 0x77, 0x70, 1);
    const external = Uint8Array.of(0x3a, initializer.length + 2, 0x2a, initializer.length, ...initializer);
    const { code, message } = failure(external);
    expect(code).toBe('bad-onnx');
    expect(message).toMatch(/numbers of tensor 'w' lie in another file.*save it without external data/s);
  });

  it('of half precision', () => {
    const half = Uint8Array.of(0x08, 1, 0x10, 10, 0x42, 1, 0x77, 0x4a, 2, 0, 0);
    expect(failure(Uint8Array.of(0x3a, half.length + 2, 0x2a, half.length, ...half)).message).toMatch(
      /'w' has element type 10.*float32/s,
    );
  });
});
