const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next: a value, a key, or what separates and closes. */
type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

/**
 * The offset at which a text stops being JSON; the text's length where it breaks off or is fine. Node's own errors name an
 * offset in some versions and for some mistakes only.
 */
export const jsonErrorOffset = (text: string): number => {
  const open: ('{' | '[')[] = [];
  let expect: Expectation = 'value';
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)![0].length;
    if (at >= text.length) return text.length;
    const mark = text[at]!;
    const inside = open.at(-1);
    if (expect === 'colon') {
      if (mark !== ':') return at;
      at++;
      expect = 'value';
    } else if (expect === 'comma or end') {
      const closes = (inside === '{' && mark === '}') || (inside === '[' && mark === ']');
      if (closes) open.pop();
      else if (mark === ',' && inside) expect = inside === '{' ? 'key' : 'value';
      else return at;
      at++;
    } else if ((expect === 'value or ]' && mark === ']') || (expect === 'key or }' && mark === '}')) {
      open.pop();
      at++;
      expect = 'comma or end';
    } else if (expect.startsWith('value') && (mark === '{' || mark === '[')) {
      open.push(mark);
      at++;
      expect = mark === '{' ? 'key or }' : 'value or ]';
    } else {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text)?.[0];
      if (token === undefined || (expect.startsWith('key') && mark !== '"'))
        return breaksOff(text, at) ? text.length : at;
      at += token.length;
      expect = expect.startsWith('key') ? 'colon' : 'comma or end';
    }
  }
};

/** Whether a token that could not be read is one that the end of the text cut. */
const breaksOff = (text: string, at: number): boolean => {
  const rest = text.slice(at);
  return (
    /^"(?:[^"\\\n]|\\.)*\\?$/.test(rest) ||
    (rest.length < 5 && ['true', 'false', 'null', '-'].some((word) => word.startsWith(rest)))
  );
};
