import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, readHeader } from '../src/index.ts';
import { newFolder, noise } from './_sets.ts';

const root = newFolder();
const file = (name: string) => path.join(root, name);

describe('decodeImage', () => {
  it('gives the pixels of an RGB image', async () => {
    const pixels = noise(5, 3);
    await sharp(pixels, { raw: { width: 5, height: 3, channels: 3 } })
      .png()
      .toFile(file('rgb.png'));
    expect(await decodeImage(file('rgb.png'))).toEqual({ width: 5, height: 3, data: Uint8Array.from(pixels) });
  });

  it('expands grey', async () => {
    const grey = Buffer.from([0, 50, 100, 255]);
    await sharp(grey, { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toFile(file('grey.png'));
    expect([...(await decodeImage(file('grey.png'))).data]).toEqual([
      0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255,
    ]);
    await sharp(Buffer.alloc(256, 90), { raw: { width: 16, height: 16, channels: 1 } })
      .jpeg()
      .toFile(file('grey.jpg'));
    expect(new Set((await decodeImage(file('grey.jpg'))).data)).toEqual(new Set([90]));
  });

  it('reduces 16 bits, grey and RGB', async () => {
    const grey = Uint16Array.from([0, 0x80ff, 0xffff, 0x1234]);
    await sharp(grey, { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(file('grey16.png'));
    expect((await sharp(file('grey16.png')).metadata()).depth).toBe('ushort');
    const pixels = [...(await decodeImage(file('grey16.png'))).data].filter((_, i) => i % 3 === 0);
    for (const [i, value] of [0, 0x80, 0xff, 0x12].entries())
      expect(Math.abs(pixels[i]! - value)).toBeLessThanOrEqual(1);
    const rgb = Uint16Array.from([0x1000, 0x8000, 0xff00]);
    await sharp(rgb, { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toFile(file('rgb16.png'));
    expect([...(await decodeImage(file('rgb16.png'))).data]).toEqual([0x10, 0x80, 0xff]);
  });

  it('drops transparency and keeps the colour beneath', async () => {
    const pixels = Buffer.from([10, 20, 30, 0, 40, 50, 60, 128]);
    await sharp(pixels, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toFile(file('alpha.png'));
    expect([...(await decodeImage(file('alpha.png'))).data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('expands a palette', async () => {
    const pixels = Buffer.from([255, 0, 0, 0, 0, 255]);
    await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
      .png({ palette: true })
      .toFile(file('palette.png'));
    expect([...(await decodeImage(file('palette.png'))).data]).toEqual([255, 0, 0, 0, 0, 255]);
  });

  it('converts CMYK', async () => {
    const white = Buffer.alloc(16 * 16 * 3, 255);
    await sharp(white, { raw: { width: 16, height: 16, channels: 3 } })
      .toColourspace('cmyk')
      .jpeg()
      .toFile(file('cmyk.jpg'));
    expect((await sharp(file('cmyk.jpg')).metadata()).space).toBe('cmyk');
    const { data } = await decodeImage(file('cmyk.jpg'));
    expect(data).toHaveLength(16 * 16 * 3);
    expect(Math.min(...data)).toBeGreaterThan(245);
  });

  // A red left half and a blue right half, seen upright; how it is stored for each orientation.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %i upright', async (orientation) => {
    const [width, height] = [48, 32];
    const upright = Buffer.alloc(width * height * 3);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const p = (y * width + x) * 3;
        upright[p] = x < width / 2 ? 255 : 0;
        upright[p + 2] = x < width / 2 ? 0 : 255;
        upright[p + 1] = y < height / 2 ? 200 : 0;
      }
    const image = () => sharp(upright, { raw: { width, height, channels: 3 } });
    const stored = { 1: image(), 2: image().flop(), 3: image().rotate(180), 4: image().flip() }[orientation];
    const turned = async () => {
      const angle = { 5: 270, 6: 270, 7: 90, 8: 90 }[orientation]!;
      const { data, info } = await image().rotate(angle).raw().toBuffer({ resolveWithObject: true });
      const mirrored = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
      return orientation === 5 || orientation === 7 ? mirrored.flip() : mirrored;
    };
    const name = file(`turned-${orientation}.png`);
    await (stored ?? (await turned())).withMetadata({ orientation }).png().toFile(name);
    expect(await readHeader(name)).toEqual({ width, height, orientation });
    const decoded = await decodeImage(name);
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(Buffer.from(decoded.data).equals(upright)).toBe(true);
  });

  it('says which file it cannot decode and why', async () => {
    await expect(decodeImage(file('absent.jpg'))).rejects.toThrow(/data: cannot decode .*absent\.jpg: .*missing/);
  });
});
