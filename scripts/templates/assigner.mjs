// The files of a new assigner package. The rule is a placeholder that keeps every promise of the conformance suite.

const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`-${name}`);

const manifest = (name) => ({
  name: `@detrain/assigner-${name}`,
  version: '0.0.0',
  description: 'What the strategy does, in one line.',
  license: 'Apache-2.0',
  type: 'module',
  keywords: ['detection', 'transformer', 'detr', 'tensorflow.js', 'detrain-assigner'],
  engines: { node: '>=20.19' },
  sideEffects: false,
  exports: {
    '.': { '@detrain/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  files: ['dist', 'src', 'README.md'],
  scripts: {
    build: 'tsup',
    types: 'tsc --noEmit',
    test: 'vitest run',
    lint: 'biome check .',
    bench: 'vitest bench --run',
    'check:exports': 'publint --strict && attw --pack --profile esm-only',
  },
  detrain: { layer: 1 },
  dependencies: { '@detrain/core': 'workspace:^' },
  devDependencies: {
    '@arethetypeswrong/cli': 'catalog:',
    '@detrain/testkit': 'workspace:*',
    '@detrain/tooling': 'workspace:*',
    publint: 'catalog:',
    tsup: 'catalog:',
    typescript: 'catalog:',
    vitest: 'catalog:',
  },
});

const TSCONFIG = `{
  "extends": "@detrain/tooling/tsconfig.json",
  "include": ["src", "test", "bench", "*.ts"]
}
`;

const source = (name) => `import { type Assigner, BACKGROUND, cxcywhToXyxy, IGNORE, iouMatrix } from '@detrain/core';

/** Options of \`${camel(name)}\`. */
export interface ${pascal(name)}Options {
  /** Least IoU of a candidate with the target it answers for. Default 0.5. */
  readonly threshold?: number;
}

/**
 * Each candidate answers for the target that it overlaps most, from a threshold on.
 *
 * A placeholder: put the strategy here, say in a sentence who answers for whom, and name the paper and section.
 */
export const ${camel(name)} = ({ threshold = 0.5 }: ${pascal(name)}Options = {}): Assigner => ({
  name: '${name}',
  options: { threshold },
  cardinality: 'one-to-many',
  assign: ({ boxes, valid }, targets) => {
    const columns = targets.labels.length;
    const overlaps = iouMatrix(cxcywhToXyxy(boxes), cxcywhToXyxy(targets.boxes));
    const targetOf = new Int32Array(boxes.length / 4).fill(BACKGROUND);
    for (let i = 0; i < targetOf.length; i++) {
      if (valid?.[i] === 0) {
        targetOf[i] = IGNORE;
        continue;
      }
      let best = 0;
      for (let j = 0; j < columns; j++) {
        const overlap = overlaps[i * columns + j]!;
        if (overlap < threshold || overlap <= best) continue;
        best = overlap;
        targetOf[i] = j;
      }
    }
    return { targetOf };
  },
});
`;

const test = (name) => `import { ${camel(name)} } from '@detrain/assigner-${name}';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

// What the rule promises, and why where it does not: see the README of @detrain/testkit.
testAssigner(() => ${camel(name)}());

describe('${camel(name)}', () => {
  it('gives the pairs worked out by hand', () => {
    const boxes = Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.52, 0.5, 0.2, 0.2, 0.9, 0.9, 0.1, 0.1);
    const targets = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(0) };
    const { targetOf } = ${camel(name)}().assign({ boxes, numClasses: 1 }, targets, assignContext());
    expect(Array.from(targetOf)).toEqual([0, 0, -1]);
  });
});
`;

const bench = (name) => `import { ${camel(name)} } from '@detrain/assigner-${name}';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

describe('${name}', () => {
  const assigner = ${camel(name)}();
  for (const [candidates, targets] of [
    [300, 20],
    [10_000, 20],
  ] as const) {
    const scene = randomScene(createRng(targets), { candidates, targets, numClasses: 80 });
    bench(\`\${candidates} candidates, \${targets} targets\`, () => {
      assigner.assign(scene.candidates, scene.targets, assignContext());
    });
  }
});
`;

const readme = (name) => `# @detrain/assigner-${name}

What the strategy does, in one sentence.

\`\`\`sh
npm install @detrain/core @detrain/assigner-${name}
\`\`\`

\`\`\`ts
import { ${camel(name)} } from '@detrain/assigner-${name}';
import { createRng } from '@detrain/core';

const assigner = ${camel(name)}({ threshold: 0.5 });
const { targetOf } = assigner.assign(
  { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.9, 0.9, 0.1, 0.1), numClasses: 1 },
  { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(0) },
  { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'layer.0' },
); // Int32Array [0, -1]
\`\`\`

| option      | default |                                                       |
| ----------- | ------- | ----------------------------------------------------- |
| \`threshold\` | 0.5     | least IoU of a candidate with the target it is given  |

**Limits.** What it does not do.

**Size.** Depends on \`@detrain/core\` only.

**Paper.** Authors, year, section.
`;

/** The text of each file of a new package, by its path. */
export const assignerFiles = (name) => ({
  'package.json': `${JSON.stringify(manifest(name), null, 2)}\n`,
  'tsconfig.json': TSCONFIG,
  'tsup.config.ts': `import { library } from '@detrain/tooling/tsup';\n\nexport default library();\n`,
  'vitest.config.ts': `import { project } from '@detrain/tooling/vitest';\n\nexport default project('assigner-${name}');\n`,
  'README.md': readme(name),
  'src/index.ts': `export * from './${name}.ts';\n`,
  [`src/${name}.ts`]: source(name),
  [`test/${name}.test.ts`]: test(name),
  [`bench/${name}.bench.ts`]: bench(name),
});
