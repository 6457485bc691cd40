/** One stage of HGNetv2. */
export interface StageConfig {
  readonly in: number;
  readonly mid: number;
  readonly out: number;
  readonly blocks: number;
  readonly layers: number;
  readonly downsample: boolean;
  /** Pointwise and depthwise pairs instead of dense convolutions. */
  readonly light: boolean;
  readonly kernel: number;
}

/** One variant of HGNetv2. */
export interface HgnetVariant {
  readonly stem: readonly [mid: number, out: number];
  readonly stages: readonly StageConfig[];
}

/** Names of the HGNetv2 variants; Atto, Femto and Pico are DEIMv2's. */
export type HgnetName = 'Atto' | 'Femto' | 'Pico' | 'B0' | 'B1' | 'B2' | 'B3' | 'B4' | 'B5' | 'B6';

type Row = readonly [input: number, mid: number, out: number, blocks: number, layers: number, kernel?: number];

/** The first stage keeps the size; the third and fourth are light, with kernels of 5 where the row says nothing else. */
const variant = (stem: readonly [number, number], ...rows: readonly Row[]): HgnetVariant => ({
  stem,
  stages: rows.map(([input, mid, out, blocks, layers, kernel], i) => ({
    in: input,
    mid,
    out,
    blocks,
    layers,
    downsample: i > 0,
    light: i > 1,
    kernel: kernel ?? (i > 1 ? 5 : 3),
  })),
});

/** The published tables of HGNetv2. */
export const hgnetVariants: Readonly<Record<HgnetName, HgnetVariant>> = {
  Atto: variant([16, 16], [16, 16, 64, 1, 3], [64, 32, 256, 1, 3], [256, 64, 256, 1, 3, 3]),
  Femto: variant([16, 16], [16, 16, 64, 1, 3], [64, 32, 256, 1, 3], [256, 64, 512, 1, 3]),
  Pico: variant([16, 16], [16, 16, 64, 1, 3], [64, 32, 256, 1, 3], [256, 64, 512, 2, 3]),
  B0: variant([16, 16], [16, 16, 64, 1, 3], [64, 32, 256, 1, 3], [256, 64, 512, 2, 3], [512, 128, 1024, 1, 3]),
  B1: variant([24, 32], [32, 32, 64, 1, 3], [64, 48, 256, 1, 3], [256, 96, 512, 2, 3], [512, 192, 1024, 1, 3]),
  B2: variant([24, 32], [32, 32, 96, 1, 4], [96, 64, 384, 1, 4], [384, 128, 768, 3, 4], [768, 256, 1536, 1, 4]),
  B3: variant([24, 32], [32, 32, 128, 1, 5], [128, 64, 512, 1, 5], [512, 128, 1024, 3, 5], [1024, 256, 2048, 1, 5]),
  B4: variant([32, 48], [48, 48, 128, 1, 6], [128, 96, 512, 1, 6], [512, 192, 1024, 3, 6], [1024, 384, 2048, 1, 6]),
  B5: variant([32, 64], [64, 64, 128, 1, 6], [128, 128, 512, 2, 6], [512, 256, 1024, 5, 6], [1024, 512, 2048, 2, 6]),
  B6: variant([48, 96], [96, 96, 192, 2, 6], [192, 192, 512, 3, 6], [512, 384, 1024, 6, 6], [1024, 768, 2048, 3, 6]),
};
