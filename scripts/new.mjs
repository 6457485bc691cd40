// pnpm new assigner <name>: a package for a new assignment strategy, green from the start, ready for the idea.
// The guide: docs/new-assigner.md.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { assignerFiles } from './templates/assigner.mjs';

const USAGE = 'pnpm new assigner <name>, for instance: pnpm new assigner nearest-centre';

/** Words that are no names of functions. */
const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

const refuse = (message) => {
  console.error(`new: ${message}`);
  process.exit(1);
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  // Where packages/ is; for tests.
  options: { root: { type: 'string', default: path.resolve(import.meta.dirname, '..') } },
});
const [kind, name, ...rest] = positionals;
const { root } = values;

if (kind !== 'assigner')
  refuse(`${kind === undefined ? 'no kind' : `kind '${kind}'`}. Only assigners can be made. ${USAGE}.`);
if (name === undefined) refuse(`no name. ${USAGE}.`);
if (rest.length > 0)
  refuse(
    `'${[name, ...rest].join(' ')}' is more than one word. Join words with hyphens: ${[name, ...rest].join('-')}.`,
  );
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
  refuse(`'${name}' is no package name. Lower-case words joined with hyphens are wanted: nearest-centre.`);
if (name.startsWith('assigner-'))
  refuse(`'${name}'. The package is called assigner-<name>: leave 'assigner-' out, ${name.slice('assigner-'.length)}.`);
if (RESERVED.has(name))
  refuse(`'${name}' is a word of JavaScript, and the strategy's function has the package's name. Take another.`);

const packages = path.join(root, 'packages');
const folder = path.join(packages, `assigner-${name}`);
if (!existsSync(packages)) refuse(`there is no ${packages}. Run it in a clone of the repository.`);
if (existsSync(folder)) refuse(`packages/assigner-${name} exists. Take another name, or remove it.`);

for (const [file, text] of Object.entries(assignerFiles(name))) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  console.log(`  packages/assigner-${name}/${file}`);
}
console.log(`
Next:
  pnpm install
  pnpm --filter @detrain/assigner-${name} test      green, before there is an idea in it
  packages/assigner-${name}/src/${name}.ts      put the idea here
The guide: docs/new-assigner.md.`);
