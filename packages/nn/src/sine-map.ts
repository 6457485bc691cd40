/** Options of {@link sineMap}. */
export interface SineMapOptions {
  readonly height: number;
  readonly width: number;
  /** Channels, half of them for rows, half for columns; a multiple of 4. */
  readonly dim: number;
  /** Of rows and columns, or of both. Default 10000; DAB-DETR, DN-DETR and DINO use 20. */
  readonly temperature?: number | readonly [rows: number, columns: number];
  /** Whether places are shares of the valid size, in turns. Default true. */
  readonly normalize?: boolean;
  /** Added to places counted from 1. Default 0 (DETR, DAB-DETR, DINO); -0.5 in Deformable DETR, DETA and mmdet. */
  readonly offset?: number;
  /** 1 on padding, row-major `[height * width]`; absent: no padding. */
  readonly padding?: ArrayLike<number>;
}

/** Keeps an empty row or column from dividing by 0. */
const EPSILON = 1e-6;

/**
 * Sine position embedding of one image's map, row-major `[height * width * dim]`: rows first, then columns, sine and cosine by turns
 * (Carion et al. 2020, DETR, appendix A.4). Places are counted over valid cells. Throws where `dim` is no multiple of 4.
 */
export const sineMap = (options: SineMapOptions): Float32Array => {
  const { height, width, dim, temperature = 10000, normalize = true, offset = 0, padding } = options;
  if (dim % 4 !== 0)
    throw new Error(`@detrain/nn: a sine map of ${dim} channels. A multiple of 4 is wanted. Change the dimension.`);
  const half = dim / 2;
  const [rowsT, columnsT] = typeof temperature === 'number' ? [temperature, temperature] : temperature;
  const table = new Float32Array(height * width * dim);

  /** Writes the embedding of one line of cells: a column's places are rows, a row's are columns. */
  const fillLine = (first: number, step: number, count: number, base: number, channel: number) => {
    const places = new Float32Array(count);
    let place = 0;
    for (let i = 0; i < count; i++) {
      if (!padding?.[first + i * step]) place++;
      places[i] = place;
    }
    for (let i = 0; i < count; i++) {
      const counted = places[i]! + (normalize ? offset : 0);
      const turn = normalize
        ? Math.fround(Math.fround(counted / Math.fround(place + EPSILON)) * (2 * Math.PI))
        : counted;
      const at = (first + i * step) * dim + channel;
      for (let c = 0; c < half; c++) {
        const angle = Math.fround(turn / Math.fround(base ** ((2 * Math.floor(c / 2)) / half)));
        table[at + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      }
    }
  };
  for (let x = 0; x < width; x++) fillLine(x, width, height, rowsT, 0);
  for (let y = 0; y < height; y++) fillLine(y * width, 1, width, columnsT, half);
  return table;
};
