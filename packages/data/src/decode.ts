import { fail, type Image } from '@detrain/core';
import sharp from 'sharp';

/** What an image file's header says. */
export interface ImageHeader {
  /** Size in pixels after the EXIF orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
}

/** Reads the header of an image file. Throws where it is no image. */
export const readHeader = async (file: string): Promise<ImageHeader> => {
  const { width, height, orientation = 1 } = await sharp(file, { limitInputPixels: false }).metadata();
  if (!width || !height) return fail('data', `${file} has size ${width}x${height}`, 'an image', 'replace the file');
  const turned = orientation >= 5;
  return { width: turned ? height : width, height: turned ? width : height, orientation };
};

const explain = (file: string, error: unknown): never => {
  const reason = error instanceof Error ? error.message : String(error);
  return fail(
    'data',
    `cannot decode ${file}: ${reason}`,
    'a whole JPEG, PNG, WebP, TIFF, GIF or AVIF image',
    "replace the file, or open the data set with onProblem: 'repair' to leave it out",
  );
};

/**
 * Decodes an image file to RGB, 8 bits: upright (EXIF orientation applied), grey and palette images expanded, 16 bits
 * reduced, transparency dropped, CMYK converted. Embedded RGB profiles are ignored, as Pillow does. Throws where the file
 * is missing, damaged or cut short.
 */
export const decodeImage = async (file: string): Promise<Image> => {
  try {
    const source = sharp(file, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: false });
    const { data, info } = await source
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const { width, height, channels } = info;
    if (channels === 3) return { width, height, data: pixels };
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++)
      for (let c = 0; c < 3; c++) rgb[i * 3 + c] = pixels[i * channels + (channels > c ? c : 0)]!;
    return { width, height, data: rgb };
  } catch (error) {
    return explain(file, error);
  }
};
