/** Okabe and Ito's colours (2008) without black, told apart by colour-blind readers too; they repeat from the eighth on. */
export const palette = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7'] as const;

/** The colour of the class or target with this index. */
export const colorOf = (index: number): string =>
  palette[((index % palette.length) + palette.length) % palette.length] ?? palette[0];

/** Black or white, whichever is easier to read on a `#rrggbb` colour (WCAG relative luminance). */
export const inkOn = (color: string): string => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
};
