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

const squareOf = (size: ZooOptions['inputSize'], usual: number): readonly [number, number] =>
  size === undefined ? [usual, usual] : typeof size === 'number' ? [size, size] : size;

/** The part of a configuration that every model has. */
export const commonConfig = (name: string, options: ZooOptions, queries: number, side: number) => ({
  name,
  numClasses: options.numClasses ?? 80,
  numQueries: options.numQueries ?? queries,
  inputSize: squareOf(options.inputSize, side),
});
