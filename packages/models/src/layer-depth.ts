const STAGE = /^backbone\.(?:\w+\.)*?(?:stages|res_layers|blocks|layers)\.(\d+)\./;
const DECODER_LAYER = /^decoder\.decoder\.(?:layers|lqe_layers)\.(\d+)\./;

const count = (names: readonly string[], pattern: RegExp): number =>
  Math.max(0, ...names.map((name) => Number(pattern.exec(name)?.[1] ?? -1) + 1));

/**
 * How far from the heads each parameter of a detector lies: heads and query selection 0, the decoder's last layer 1 and so on to its
 * first, then the encoder, the backbone's stages from the last to the first, and the stem. What rates by layer are made of.
 *
 * @param names all parameters of the detector, under official names
 */
export const layerDepth = (names: Iterable<string>): ((name: string) => number) => {
  const all = [...names];
  const layers = count(all, DECODER_LAYER);
  const stages = count(all, STAGE);
  return (name) => {
    const stage = STAGE.exec(name)?.[1];
    if (stage !== undefined) return layers + 1 + (stages - Number(stage));
    if (name.startsWith('backbone.')) return layers + 2 + stages;
    if (name.startsWith('encoder.')) return layers + 1;
    const layer = DECODER_LAYER.exec(name)?.[1];
    return layer === undefined ? 0 : layers - Number(layer);
  };
};
