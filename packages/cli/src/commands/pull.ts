import { command, commonArgs } from '../command.ts';
import { EXIT } from '../errors.ts';
import { bytes, table } from '../terminal/format.ts';
import { createOutput, type Output } from '../terminal/output.ts';
import { statusLine } from '../terminal/status-line.ts';

const args = {
  name: { type: 'positional', required: false, description: 'A published checkpoint; without one they are listed' },
  url: { type: 'string', valueHint: 'URL', description: 'Where any other checkpoint is' },
  sha256: { type: 'string', valueHint: 'HEX', description: 'The checksum that it must have' },
  cache: { type: 'string', valueHint: 'DIR', description: "Where checkpoints are kept (the platform's cache folder)" },
  ...commonArgs,
} as const;

const list = async (output: Output, cache: string) => {
  const { published } = await import('../run/published.ts');
  const { pulledFile } = await import('../run/pulled.ts');
  const rows = Object.entries(published).map(([name, { model, trainedOn, url }]) => ({
    name,
    model,
    trainedOn,
    url,
    file: pulledFile(name, cache),
  }));
  output.data(rows);
  if (output.json) return;
  output.say(
    table(
      ['name', 'model', 'trained on', 'pulled'],
      rows.map(({ name, model, trainedOn, file }) => [name, model ?? 'backbone', trainedOn, file ?? '']),
    ),
  );
};

/** `detrain pull` */
export const pull = command({
  name: 'pull',
  description: 'Fetch a published checkpoint, checked and kept for --weights.',
  examples: [
    'detrain pull',
    'detrain pull deim-dfine-n',
    'detrain pull mine --url https://example.org/mine.pth --sha256 HEX',
  ],
  args,
  run: async ({ args: { name, url, sha256, cache: folder, json } }) => {
    const output = createOutput({ json });
    const { cacheFolder } = await import('../run/pulled.ts');
    const cache = folder ?? cacheFolder();
    if (name === undefined && url === undefined) {
      await list(output, cache);
      return EXIT.ok;
    }
    const { pull: fetchCheckpoint, pullRequest } = await import('../run/pull.ts');
    const request = pullRequest(name, { url, sha256 });
    const line = statusLine(json ? process.stderr : process.stdout);
    const result = await fetchCheckpoint(request, cache, {
      onProgress: (done, total) => {
        if (!line.isDue() && done !== total) return;
        line.draw(`${request.name}  ${bytes(done)}${total === null ? '' : ` of ${bytes(total)}`}`);
      },
    }).finally(line.end);
    output.data(result);
    if (!output.json) {
      output.say(`${result.kept ? 'already there' : 'pulled'}  ${result.file}  ${bytes(result.bytes)}`);
      output.say(
        `sha256  ${result.sha256}  ${result.verified === 'unverified' ? 'unverified: no checksum is published; kept, and checked from now on' : `as ${result.verified === 'given' ? 'given' : 'when first pulled'}`}`,
      );
    }
    return EXIT.ok;
  },
});
