/** Options of {@link positionEmbedding2d}. */
export interface PositionEmbeddingOptions {
  readonly height: number;
  readonly width: number;
  /** A multiple of 4. */
  readonly dim: number;
  /** Default 10000. */
  readonly temperature?: number;
  /**
   * `grid` (default): a token's first coordinate is its row, the second its column. `official`: the published code's
   * table, which is filled column by column while tokens run row by row; the same on square maps, scrambled on others
   * (lyuwenyu/RT-DETR#466).
   */
  readonly order?: 'grid' | 'official';
}

/** Sine-cosine table of a map's tokens, row-major `[height * width * dim]`: sin a, cos a, sin b, cos b by quarters. */
export const positionEmbedding2d = (options: PositionEmbeddingOptions): Float32Array => {
  const { height, width, dim, temperature = 10000, order = 'grid' } = options;
  if (dim % 4 !== 0)
    throw new Error(
      `@detrain/nn: position embedding of ${dim} channels. A multiple of 4 is wanted. Change the dimension.`,
    );
  const quarter = dim / 4;
  const table = new Float32Array(height * width * dim);
  for (let token = 0; token < height * width; token++) {
    const a = order === 'grid' ? Math.floor(token / width) : Math.floor(token / height);
    const b = order === 'grid' ? token % width : token % height;
    for (let i = 0; i < quarter; i++) {
      const frequency = Math.fround(1 / temperature ** (i / quarter));
      const at = token * dim + i;
      table[at] = Math.sin(a * frequency);
      table[at + quarter] = Math.cos(a * frequency);
      table[at + 2 * quarter] = Math.sin(b * frequency);
      table[at + 3 * quarter] = Math.cos(b * frequency);
    }
  }
  return table;
};
