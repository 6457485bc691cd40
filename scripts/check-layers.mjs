// A dependency's layer must be strictly lower than its dependent's, and sources import only what package.json declares.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../packages');
const packages = new Map();
for (const folder of readdirSync(root)) {
  const file = path.join(root, folder, 'package.json');
  if (!existsSync(file)) continue;
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  if (!manifest.private) packages.set(manifest.name, { folder, manifest, layer: manifest.detrain?.layer });
}

const problems = [];
const sources = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));

for (const [name, { folder, manifest, layer }] of packages) {
  if (typeof layer !== 'number')
    problems.push(`${name}: package.json has no detrain.layer; add the number of its layer`);
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const dependency of Object.keys(declared)) {
    const target = packages.get(dependency);
    if (target && !(target.layer < layer))
      problems.push(
        `${name} (layer ${layer}) depends on ${dependency} (layer ${target.layer}); a dependency's layer must be lower`,
      );
  }
  for (const file of sources(path.join(root, folder, 'src'))) {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, specifier] of code.matchAll(/(?:from|import)\s*\(?\s*'([^'.\s][^'\s]*)'/g)) {
      if (specifier.startsWith('node:')) continue;
      const imported = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      if (imported !== name && !(imported in declared))
        problems.push(
          `${path.relative(root, file)} imports ${imported}, which ${name}'s package.json does not declare`,
        );
    }
  }
}

for (const problem of problems) console.error(problem);
console.log(`${packages.size} packages, ${problems.length} layer problems`);
process.exit(problems.length ? 1 : 0);
