import { describe, expect, it } from 'vitest';
import { layerDepth, zoo } from '../src/index.ts';

const depthIn = (model: keyof typeof zoo) => layerDepth(zoo[model]().parameters.map(({ name }) => name));

describe('layerDepth', () => {
  it('counts from the heads to the stem', () => {
    const depth = depthIn('deim-dfine-n');
    const of = (name: string) => [name, depth(name)];
    expect(
      [
        'decoder.dec_score_head.0.weight',
        'decoder.enc_output.proj.weight',
        'decoder.decoder.layers.2.norm3.weight',
        'decoder.decoder.lqe_layers.2.reg_conf.layers.0.weight',
        'decoder.decoder.layers.0.self_attn.in_proj_weight',
        'encoder.input_proj.0.conv.weight',
        'backbone.stages.3.blocks.0.layers.0.conv1.conv.weight',
        'backbone.stages.0.blocks.0.layers.2.conv.weight',
        'backbone.stem.stem1.conv.weight',
      ].map(of),
    ).toEqual([
      ['decoder.dec_score_head.0.weight', 0],
      ['decoder.enc_output.proj.weight', 0],
      ['decoder.decoder.layers.2.norm3.weight', 1],
      ['decoder.decoder.lqe_layers.2.reg_conf.layers.0.weight', 1],
      ['decoder.decoder.layers.0.self_attn.in_proj_weight', 3],
      ['encoder.input_proj.0.conv.weight', 4],
      ['backbone.stages.3.blocks.0.layers.0.conv1.conv.weight', 5],
      ['backbone.stages.0.blocks.0.layers.2.conv.weight', 8],
      ['backbone.stem.stem1.conv.weight', 9],
    ]);
  });

  it('leaves no gap in any model of the zoo', () => {
    for (const model of Object.keys(zoo) as (keyof typeof zoo)[]) {
      const { parameters } = zoo[model]();
      const depth = depthIn(model);
      const depths = new Set(parameters.map(({ name }) => depth(name)));
      expect(
        [...depths].sort((a, b) => a - b),
        model,
      ).toEqual(Array.from({ length: depths.size }, (_, i) => i));
      expect(depth('backbone.none'), model).toBe(depths.size - 1);
    }
  });
});
