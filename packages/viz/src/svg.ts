/** Text made safe inside SVG and HTML, attribute values included; characters that XML cannot hold are dropped. */
export const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids exactly these
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Attributes of an element; undefined ones are left out, numbers get at most two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const short = (value: number): string => String(Math.round(value * 100) / 100);

/** One SVG or XML element with escaped attributes; the content is taken as it is. */
export const element = (name: string, attributes: Attributes, content = ''): string => {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(String(value))}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
};

/** A stand-alone SVG document of a size in pixels. */
export const svgDocument = (width: number, height: number, content: string): string =>
  element('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` }, content);
