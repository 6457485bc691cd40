import { userError } from '../../errors.ts';
import type { Wheel } from './target.ts';

/** Where pip looks for packages unless told otherwise. */
export const DEFAULT_INDEX = 'https://pypi.org/simple';

const HTML_ENTITIES = { '&amp;': '&', '&#38;': '&', '&quot;': '"', '&#39;': "'" } as const;
const unescaped = (text: string) =>
  text.replace(/&(?:amp|#38|quot|#39);/g, (entity) => HTML_ENTITIES[entity as keyof typeof HTML_ENTITIES]);

/** The addresses on an index's page: JSON (PEP 691) where it has that, else HTML (PEP 503), which every mirror has. */
const addresses = async (response: Response): Promise<string[]> => {
  if (/\bjson\b/.test(response.headers.get('content-type') ?? '')) {
    const { files = [] } = (await response.json()) as { files?: readonly { readonly url: string }[] };
    return files.map(({ url }) => url);
  }
  const page = await response.text();
  return [...page.matchAll(/<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["']/gi)].map(([, url]) => unescaped(url as string));
};

const fileName = (url: URL) => decodeURIComponent(url.pathname.split('/').at(-1) as string);

/**
 * Where an index has a wheel.
 *
 * @param index The address that `PIP_INDEX_URL` takes.
 * @throws a user error when the index cannot be reached or lacks the file
 */
export const wheelUrl = async (wheel: Wheel, index: string): Promise<string> => {
  const page = `${index.replace(/\/+$/, '')}/${wheel.project}/`;
  const help = 'Set PIP_INDEX_URL to a mirror of PyPI that this machine reaches.';
  if (!URL.canParse(page) || new URL(page).username)
    throw userError(`PIP_INDEX_URL ${index} cannot be used: give an address without name and password.`);
  const host = new URL(page).host;
  let response: Response;
  try {
    response = await fetch(page, {
      headers: { accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.1' },
      signal: AbortSignal.timeout(60_000),
    });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    throw userError(`${host} cannot be reached (${cause?.code ?? message}). ${help}`);
  }
  if (!response.ok) throw userError(`${page} answers ${response.status}. ${help}`);
  const found = (await addresses(response))
    .map((address) => new URL(address, response.url))
    .find((url) => fileName(url) === wheel.file);
  if (!found) throw userError(`${page} has no ${wheel.file}. ${help}`);
  found.hash = '';
  return found.href;
};
