import { createDetector, type DetectorConfig, type ZooDetector } from './detector.ts';
import type { HgnetName } from './hgnetv2-variants.ts';

/** What of a zoo model may be changed without leaving its published shape. */
export interface ZooOptions {
  /** Default 80. */
  readonly numClasses?: number;
  readonly numQueries?: number;
  /** Side of square images, or height and width. */
  readonly inputSize?: number | readonly [height: number, width: number];
  /** Position embeddings of maps that are not square. Default `grid`. */
  readonly positionEmbedding?: 'grid' | 'official';
}

type Size = 'n' | 's' | 'm' | 'l' | 'x';
type LiteSize = 'atto' | 'femto' | 'pico';

/** Names of the zoo's models. */
export type ZooName = `deim-dfine-${Size}` | `dfine-${Size}` | `deimv2-${LiteSize | Size}`;

interface SizeRow {
  readonly variant: HgnetName;
  readonly affine: boolean;
  readonly encoder: {
    readonly hidden: number;
    readonly feedForward: number;
    readonly expansion: number;
    readonly depth: number;
  };
  readonly decoder: { readonly feedForward: number; readonly layers: number; readonly regScale: number };
}

const row = (
  variant: HgnetName,
  affine: boolean,
  [hidden, feedForward, expansion, depth]: readonly [number, number, number, number],
  [decoderFeedForward, layers, regScale]: readonly [number, number, number],
): SizeRow => ({
  variant,
  affine,
  encoder: { hidden, feedForward, expansion, depth },
  decoder: { feedForward: decoderFeedForward, layers, regScale },
});

const sizes: Readonly<Record<Size, SizeRow>> = {
  n: row('B0', true, [128, 512, 0.34, 0.5], [512, 3, 4]),
  s: row('B0', true, [256, 1024, 0.5, 0.34], [1024, 3, 4]),
  m: row('B2', true, [256, 1024, 1, 0.67], [1024, 4, 4]),
  l: row('B4', false, [256, 1024, 1, 1], [1024, 6, 4]),
  x: row('B5', false, [384, 2048, 1, 1], [1024, 6, 8]),
};

const squareOf = (size: ZooOptions['inputSize'], usual: number): readonly [number, number] =>
  size === undefined ? [usual, usual] : typeof size === 'number' ? [size, size] : size;

const common = (name: string, options: ZooOptions, queries: number, side: number) => ({
  name,
  numClasses: options.numClasses ?? 80,
  numQueries: options.numQueries ?? queries,
  inputSize: squareOf(options.inputSize, side),
});

const dfineFamily = (family: 'dfine' | 'deim-dfine' | 'deimv2', size: Size, options: ZooOptions): DetectorConfig => {
  const { variant, affine, encoder, decoder } = sizes[size];
  const large = size === 'l' || size === 'x';
  const v2 = family === 'deimv2';
  const frozen = (family === 'dfine' && large) || (v2 && size === 'x');
  return {
    ...common(`${family}-${size}`, options, 300, 640),
    backbone: {
      variant,
      affine,
      returnIndices: size === 'n' ? [2, 3] : [1, 2, 3],
      ...(frozen ? { freezeStem: true, freezeNorm: true } : {}),
    },
    encoder: {
      kind: 'hybrid',
      ...encoder,
      ...(v2
        ? { fuse: 'sum', splitCsp: true, skipEqualProjections: true, convAfterCsp: size === 'n' || size === 's' }
        : {}),
      ...(options.positionEmbedding ? { positionEmbedding: options.positionEmbedding } : {}),
    },
    decoder: {
      ...decoder,
      ...(v2 && size !== 'n' ? { feedForward: 2048 } : {}),
      dim: size === 'n' ? 128 : 256,
      points: size === 'n' ? [6, 6] : [3, 6, 3],
      generation: v2 ? 'deimv2' : 'dfine',
      activation: family === 'dfine' ? 'relu' : 'silu',
    },
  };
};

const lite: Readonly<
  Record<LiteSize, readonly [HgnetName, dim: number, feedForward: number, queries: number, side: number]>
> = {
  atto: ['Atto', 64, 160, 100, 320],
  femto: ['Femto', 96, 256, 150, 416],
  pico: ['Pico', 112, 320, 200, 640],
};

const liteFamily = (size: LiteSize, options: ZooOptions): DetectorConfig => {
  const [variant, dim, feedForward, queries, side] = lite[size];
  return {
    ...common(`deimv2-${size}`, options, queries, side),
    backbone: { variant, affine: true, returnIndices: [2] },
    encoder: { kind: 'lite', hidden: dim, expansion: 0.34, depth: 0.5 },
    decoder: {
      dim,
      feedForward,
      layers: 3,
      points: [4, 2],
      generation: 'deimv2',
      activation: 'silu',
      gateway: false,
      shareBoxHead: true,
    },
  };
};

const entry =
  (config: (options: ZooOptions) => DetectorConfig) =>
  (options: ZooOptions = {}) =>
    createDetector(config(options));
const family = (name: 'dfine' | 'deim-dfine' | 'deimv2', size: Size) =>
  entry((options) => dfineFamily(name, size, options));
const liteEntry = (size: LiteSize) => entry((options) => liteFamily(size, options));

/** The published models by name; each takes {@link ZooOptions} and gives a detector. */
export const zoo: Readonly<Record<ZooName, (options?: ZooOptions) => ZooDetector>> = {
  'deim-dfine-n': family('deim-dfine', 'n'),
  'deim-dfine-s': family('deim-dfine', 's'),
  'deim-dfine-m': family('deim-dfine', 'm'),
  'deim-dfine-l': family('deim-dfine', 'l'),
  'deim-dfine-x': family('deim-dfine', 'x'),
  'dfine-n': family('dfine', 'n'),
  'dfine-s': family('dfine', 's'),
  'dfine-m': family('dfine', 'm'),
  'dfine-l': family('dfine', 'l'),
  'dfine-x': family('dfine', 'x'),
  'deimv2-atto': liteEntry('atto'),
  'deimv2-femto': liteEntry('femto'),
  'deimv2-pico': liteEntry('pico'),
  'deimv2-n': family('deimv2', 'n'),
  'deimv2-s': family('deimv2', 's'),
  'deimv2-m': family('deimv2', 'm'),
  'deimv2-l': family('deimv2', 'l'),
  'deimv2-x': family('deimv2', 'x'),
};
