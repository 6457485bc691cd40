import type { Image } from '@detrain/core';
import sharp from 'sharp';
import { assignmentOverlay, type Matches } from './assignment.ts';
import { type BoxesOptions, boxesOverlay, type Size } from './overlay.ts';
import { svgDocument } from './svg.ts';

const raw = ({ width, height, data }: Image) => {
  if (data.length !== width * height * 3)
    throw new Error(
      `@detrain/viz: an image of ${width}x${height} has ${data.length} bytes. Wanted ${width * height * 3}, RGB. ` +
        'Pass interleaved 8-bit RGB.',
    );
  return sharp(data, { raw: { width, height, channels: 3 } });
};

/** An image as PNG. Throws when its data do not fit its size. */
export const encodePng = (image: Image): Promise<Buffer> => raw(image).png().toBuffer();

/** An image as JPEG. Throws as {@link encodePng}. */
export const encodeJpeg = (image: Image, quality = 80): Promise<Buffer> => raw(image).jpeg({ quality }).toBuffer();

/** How much of a photograph's contrast stays under drawings, and how much light is added. */
const FADED = { contrast: 0.75, light: 64 };

/** An image in faded greys as JPEG, at most this large. Throws as {@link encodePng}. */
export const greyJpeg = (image: Image, { width, height }: Size): Promise<Buffer> =>
  raw(image)
    .resize({ width, height, fit: 'fill', withoutEnlargement: true })
    .grayscale()
    .linear(FADED.contrast, FADED.light)
    .jpeg({ quality: 80 })
    .toBuffer();

/** A stand-alone SVG document as PNG. */
export const rasterize = (svg: string): Promise<Buffer> => sharp(Buffer.from(svg)).png().toBuffer();

const drawOver = (image: Image, overlay: string): Promise<Buffer> =>
  raw(image)
    .composite([{ input: Buffer.from(svgDocument(image.width, image.height, overlay)), left: 0, top: 0 }])
    .png()
    .toBuffer();

/** An image with truth and detections drawn on it, as PNG. Throws as {@link encodePng}. */
export const drawBoxes = (image: Image, options: BoxesOptions): Promise<Buffer> =>
  drawOver(image, boxesOverlay(image, options));

/** An image with who was matched to whom drawn on it, as PNG. Throws as {@link encodePng}. */
export const drawAssignment = (image: Image, matches: Matches): Promise<Buffer> =>
  drawOver(image, assignmentOverlay(image, matches));

export interface GridOptions {
  /** Pictures a row. Default: the square root of their number, rounded up. */
  readonly columns?: number;
  /** Pixels between pictures. Default 8. */
  readonly gap?: number;
  /** Colour of the gaps. Default white. */
  readonly background?: string;
}

/** Pictures (PNG or JPEG) in rows and columns of equal cells, each at its own size in its cell's top left, as PNG. Throws on none. */
export const grid = async (
  pictures: readonly Uint8Array[],
  { columns = Math.ceil(Math.sqrt(pictures.length)), gap = 8, background = '#ffffff' }: GridOptions = {},
): Promise<Buffer> => {
  if (pictures.length === 0)
    throw new Error('@detrain/viz: a grid of no pictures. Wanted at least one. Leave the grid out.');
  const sizes = await Promise.all(pictures.map((picture) => sharp(picture).metadata()));
  const cell = {
    width: Math.max(...sizes.map((s) => s.width)),
    height: Math.max(...sizes.map((s) => s.height)),
  };
  const across = Math.max(1, Math.min(columns, pictures.length));
  const rows = Math.ceil(pictures.length / across);
  return sharp({
    create: {
      width: across * cell.width + (across - 1) * gap,
      height: rows * cell.height + (rows - 1) * gap,
      channels: 3,
      background,
    },
  })
    .composite(
      pictures.map((picture, i) => ({
        input: Buffer.from(picture),
        left: (i % across) * (cell.width + gap),
        top: Math.floor(i / across) * (cell.height + gap),
      })),
    )
    .png()
    .toBuffer();
};

/** Truth on the left, detections on the right, as PNG. Throws as {@link encodePng}. */
export const sideBySide = async (image: Image, { truth, detections, ...rest }: BoxesOptions): Promise<Buffer> =>
  grid(await Promise.all([drawBoxes(image, { truth, ...rest }), drawBoxes(image, { detections, ...rest })]), {
    columns: 2,
  });
