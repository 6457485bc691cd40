import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { pull, pullRequest } from '../src/run/pull.ts';
import { useFolder } from './harness.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What is served: two files of 300,000 bytes. */
export const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
export const other = Buffer.from(content).reverse();

export interface Serving {
  readonly bytes?: Buffer<ArrayBufferLike>;
  readonly etag?: string | null;
  readonly ranges?: boolean;
  /** For each request, the bytes of the answer after which the connection is cut; null for none. */
  readonly cuts?: (number | null)[];
  readonly lastModified?: string;
}

/** Answers with a file, whole or from a byte on, and can break. */
export const serve =
  ({ bytes = content, etag = '"one"', ranges = true, cuts = [], lastModified }: Serving = {}): Handler =>
  (request, response) => {
    const validator = etag ?? lastModified;
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const fits = request.headers['if-range'] === undefined || request.headers['if-range'] === validator;
    const start = ranges && asked !== undefined && fits ? Number(asked) : 0;
    const headers: Record<string, string> = { 'content-length': String(bytes.length - start) };
    if (etag) headers['etag'] = etag;
    if (lastModified) headers['last-modified'] = lastModified;
    if (start > 0) headers['content-range'] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(start > 0 ? 206 : 200, headers);
    const cut = cuts.shift() ?? null;
    if (cut === null) response.end(bytes.subarray(start));
    else response.write(bytes.subarray(start, start + cut), () => setTimeout(() => response.destroy(), 20));
  };

const useServer = () => {
  let server = createServer();
  let handler: Handler = serve();
  let requests: { range: string | undefined; ifRange: string | undefined }[] = [];
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  beforeEach(async () => {
    requests = [];
    handler = serve();
    server = createServer((request, response) => {
      requests.push({ range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
      handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(stop);
  return {
    /** What the server says from now on; the requests are counted anew. */
    answer: (next: Handler) => {
      handler = next;
      requests = [];
    },
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.pth`,
    requests: () => requests,
    stop,
  };
};

/** A server and an empty cache for each test, and pulling `model` from the one into the other. */
export const usePull = () => {
  const folder = useFolder();
  const server = useServer();
  const cache = () => path.join(folder(), 'cache');
  const files = () => (existsSync(cache()) ? readdirSync(cache()).sort() : []);
  return {
    ...server,
    cache,
    files,
    pullModel: (options: { readonly sha256?: string } = {}) =>
      pull(pullRequest('model', { url: server.url(), ...options }), cache(), { pause: 1 }),
    /** The cache holds the whole file under its name, and nothing else but its record. */
    expectWhole: (bytes: Uint8Array = content) => {
      expect(readFileSync(path.join(cache(), 'model.pth')).equals(bytes)).toBe(true);
      expect(files()).toEqual(['model.json', 'model.pth']);
    },
  };
};
