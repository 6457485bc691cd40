import { encodeModel, type Graph } from '@detrain/onnx/file';
import { describe, expect, it } from 'vitest';
import { decodeOnnxWeights } from '../src/index.ts';
import { graphOf, int64, tensor } from './onnx-graph.ts';

const read = (graph: Graph) => decodeOnnxWeights(encodeModel(graph));

describe('names', () => {
  it('of folded convolutions, by the place of the operation or the name that was left', () => {
    const { tensors, unnamed, inputSize } = read(
      graphOf(
        [
          [
            '/model/backbone/stages.2/blocks/blocks.0/layers.1/conv1/conv/Conv',
            'Conv',
            ['images', 'onnx::Conv_1', 'onnx::Conv_2'],
            'a',
          ],
          ['/model/encoder/down_sample1/down_sample1.1/Conv', 'Conv', ['a', 'onnx::Conv_3', 'onnx::Conv_4'], 'b'],
          [
            '/model/encoder/fpn_block/cv1/conv_bn_fused/Conv',
            'Conv',
            ['b', 'model.encoder.fpn_block.cv1.conv_bn_fused.weight', 'onnx::Conv_4'],
            'c',
          ],
          [
            '/model/encoder/encoder.0/layers.0/norm1/LayerNormalization',
            'LayerNormalization',
            ['c', 'model.encoder.encoder.0.layers.0.norm1.weight', 'onnx::LN_1'],
            'd',
          ],
        ],
        {
          'onnx::Conv_1': tensor([2, 3, 1, 1]),
          'onnx::Conv_2': tensor([2], 10),
          'onnx::Conv_3': tensor([2, 2, 1, 1], 20),
          'onnx::Conv_4': tensor([2], 30),
          'model.encoder.fpn_block.cv1.conv_bn_fused.weight': tensor([2, 2, 1, 1], 40),
          'model.encoder.encoder.0.layers.0.norm1.weight': tensor([2], 50),
          'onnx::LN_1': tensor([2], 60),
        },
      ),
    );
    expect(inputSize).toEqual([64, 96]);
    expect(unnamed).toEqual([]);
    expect([...tensors.keys()].sort()).toEqual([
      'backbone.stages.2.blocks.0.layers.1.conv1.conv.bias',
      'backbone.stages.2.blocks.0.layers.1.conv1.conv.weight',
      'encoder.down_sample1.1.bias',
      'encoder.down_sample1.1.weight',
      'encoder.encoder.0.layers.0.norm1.bias',
      'encoder.encoder.0.layers.0.norm1.weight',
      'encoder.fpn_block.cv1.conv.bias',
      'encoder.fpn_block.cv1.conv.weight',
    ]);
    // The same shift serves two convolutions: equal tensors are stored once.
    expect(tensors.get('encoder.fpn_block.cv1.conv.bias')).toEqual(tensors.get('encoder.down_sample1.1.bias'));
    expect(tensors.get('encoder.down_sample1.1.weight')?.data).toEqual(Float32Array.of(20, 21, 22, 23));
  });

  it('of linear maps: transposed; heads that the inner decoder calls are the outer one’s', () => {
    const head = '/model/decoder/decoder/query_pos_head/layers';
    const { tensors, unnamed, numClasses } = read(
      graphOf(
        [
          [`${head}.0/MatMul`, 'MatMul', ['x', 'onnx::MatMul_1'], 'a'],
          [`${head}.0/Add`, 'Add', ['model.decoder.query_pos_head.layers.0.bias', 'a'], 'b'],
          // Called again, with a copy of the weight.
          [`${head}.0_1/MatMul`, 'MatMul', ['b', 'onnx::MatMul_2'], 'c'],
          [`${head}.0_1/Add`, 'Add', ['c', 'model.decoder.query_pos_head.layers.0.bias'], 'd'],
          [
            '/model/decoder/enc_score_head/Gemm',
            'Gemm',
            ['d', 'onnx::Gemm_1', 'model.decoder.enc_score_head.bias'],
            'e',
          ],
          ['/model/decoder/decoder/layers.1/swish_ffn/w3/MatMul', 'MatMul', ['e', 'onnx::MatMul_3'], 'f'],
        ],
        {
          'onnx::MatMul_1': tensor([2, 3]),
          'onnx::MatMul_2': tensor([2, 3]),
          'onnx::MatMul_3': tensor([1, 2]),
          'onnx::Gemm_1': tensor([4, 3]),
          'model.decoder.query_pos_head.layers.0.bias': tensor([3]),
          'model.decoder.enc_score_head.bias': tensor([4]),
        },
      ),
    );
    expect(unnamed).toEqual([]);
    expect(numClasses).toBe(4);
    expect([...tensors.keys()].sort()).toEqual([
      'decoder.decoder.layers.1.swish_ffn.w3.weight',
      'decoder.enc_score_head.bias',
      'decoder.enc_score_head.weight',
      'decoder.query_pos_head.layers.0.bias',
      'decoder.query_pos_head.layers.0.weight',
    ]);
    const turned = tensors.get('decoder.query_pos_head.layers.0.weight');
    expect(turned).toEqual({ shape: [3, 2], dtype: 'float32', data: Float32Array.of(0, 3, 1, 4, 2, 5) });
    expect(tensors.get('decoder.enc_score_head.weight')).toEqual(tensor([4, 3]));
  });

  /** Attention whose three products stand in any order in the file. */
  const attention = (order: readonly ('query' | 'key' | 'value')[]) => {
    const at = '/model/decoder/decoder/layers.0/self_attn';
    const products = order.flatMap((role, i) => {
      const suffix = i === 0 ? '' : `_${i}`;
      return [
        [`${at}/MatMul${suffix}`, 'MatMul', [role === 'value' ? 'x' : 'y', `onnx::MatMul_${role}`], `${role}.product`],
        [`${at}/Add${suffix}`, 'Add', [`onnx::Add_${role}`, `${role}.product`], `${role}.sum`],
        [`${at}/Transpose${suffix}`, 'Transpose', [`${role}.sum`], role],
      ] as const;
    });
    return graphOf(
      [
        ...products,
        [`${at}/Mul`, 'Mul', ['query', 'onnx::Mul_1'], 'scaled'],
        [`${at}/MatMul_3`, 'MatMul', ['scaled', 'key'], 'scores'],
        [`${at}/Softmax`, 'Softmax', ['scores'], 'attention'],
        [`${at}/MatMul_4`, 'MatMul', ['attention', 'value'], 'context'],
        [
          `${at}/Gemm`,
          'Gemm',
          ['context', 'model.decoder.decoder.layers.0.self_attn.out_proj.weight', 'onnx::Gemm_1'],
          'out',
        ],
      ],
      {
        'onnx::MatMul_query': tensor([2, 2]),
        'onnx::MatMul_key': tensor([2, 2], 10),
        'onnx::MatMul_value': tensor([2, 2], 20),
        'onnx::Add_query': tensor([2], 1),
        'onnx::Add_key': tensor([2], 11),
        'onnx::Add_value': tensor([2], 21),
        'onnx::Mul_1': { shape: [], dtype: 'float32', data: Float32Array.of(0.5) },
        'model.decoder.decoder.layers.0.self_attn.out_proj.weight': tensor([2, 2], 40),
        'onnx::Gemm_1': tensor([2], 50),
      },
    );
  };
  it('of packed projections, by what becomes of each product', () => {
    for (const order of [
      ['query', 'key', 'value'],
      ['value', 'key', 'query'],
      ['key', 'value', 'query'],
    ] as const) {
      const { tensors, unnamed } = read(attention(order));
      const name = (part: string) => `decoder.decoder.layers.0.self_attn.${part}`;
      expect(unnamed).toEqual([]);
      expect(tensors.get(name('in_proj_weight'))).toEqual({
        shape: [6, 2],
        dtype: 'float32',
        data: Float32Array.of(0, 2, 1, 3, 10, 12, 11, 13, 20, 22, 21, 23),
      });
      expect(tensors.get(name('in_proj_bias'))?.data).toEqual(Float32Array.of(1, 2, 11, 12, 21, 22));
      expect([...tensors.keys()].filter((key) => key.includes('out_proj')).sort()).toEqual(
        ['bias', 'weight'].map((part) => name(`out_proj.${part}`)),
      );
    }
  });

  it('of equal factors that are stored once, by what sister modules read', () => {
    const lab = (layer: number) => `/model/backbone/stages.0/blocks/blocks.0/layers.${layer}/lab`;
    const own = 'model.backbone.stages.0.blocks.0.layers.0.lab';
    const { tensors } = read(
      graphOf(
        [
          [`${lab(0)}/Mul`, 'Mul', [`${own}.scale`, 'x'], 'a'],
          [`${lab(0)}/Add`, 'Add', ['a', `${own}.bias`], 'b'],
          [`${lab(1)}/Mul`, 'Mul', [`${own}.scale`, 'b'], 'c'],
          [`${lab(1)}/Add`, 'Add', ['c', `${own}.bias`], 'd'],
        ],
        { [`${own}.scale`]: tensor([1], 2), [`${own}.bias`]: tensor([1], 3) },
      ),
    );
    const value = (name: string) => tensors.get(`backbone.stages.0.blocks.0.layers.${name}`)?.data[0];
    expect(['0.lab.scale', '0.lab.bias', '1.lab.scale', '1.lab.bias'].map(value)).toEqual([2, 3, 2, 3]);
    expect(tensors.size).toBe(4);
  });

  it('of D-FINE’s constants, from the weighting function; the queries from the first choice', () => {
    const { tensors, numQueries } = read(
      graphOf(
        [
          ['/model/decoder/TopK', 'TopK', ['scores', 'k'], 'indices'],
          ['/model/decoder/decoder/integral/Identity', 'Identity', ['onnx::Identity_1'], 'w'],
          ['/model/decoder/decoder/integral/MatMul', 'MatMul', ['indices', 'w'], 'shifts'],
        ],
        {
          'model.decoder.enc_score_head.bias': tensor([3]),
          k: int64(150),
          'onnx::Identity_1': { shape: [5], dtype: 'float32', data: Float32Array.of(-8, -4, 0, 4, 8) },
        },
      ),
    );
    expect(numQueries).toBe(150);
    expect(tensors.get('decoder.reg_scale')?.data).toEqual(Float32Array.of(8));
    expect(tensors.get('decoder.up')?.data).toEqual(Float32Array.of(0.5));
  });

  it('are not made up: what has no place is told', () => {
    const { tensors, unnamed } = read(
      graphOf(
        [
          ['', 'Conv', ['images', 'w', 'model.backbone.stem.bias'], 'a'],
          ['Gemm_12', 'MatMul', ['a', 'm'], 'b'],
        ],
        { w: tensor([2, 3, 1, 1]), 'model.backbone.stem.bias': tensor([2]), m: tensor([2, 3]) },
      ),
    );
    expect([...tensors.keys()].sort()).toEqual(['backbone.stem.bias', 'backbone.stem.weight']);
    expect(unnamed).toEqual([{ constant: 'm', shape: [2, 3], operation: 'Gemm_12' }]);
  });
});
