/** A file of PyPI that carries TensorFlow's libraries with their C interface, and the headers to it. */
export interface Wheel {
  /** The project's name in the index. */
  readonly project: string;
  readonly version: string;
  readonly file: string;
  /** As PyPI's metadata say. */
  readonly sha256: string;
  /** Bytes of what is unpacked. */
  readonly unpacked: number;
}

/** What is to be installed. */
export interface Target {
  readonly name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly version: string;
  /** The engine's name for `--engine`. */
  readonly engine: 'tfjs-node' | 'tfjs-node-gpu';
  /** A file at the host that its own install script downloads from. */
  readonly official: string;
  /** Undefined where no wheel serves this machine. */
  readonly wheel: Wheel | undefined;
}

/**
 * The Python tag matters to nothing here. TensorFlow 2.12 is the first whose C interface lies in a library that needs no Python;
 * 2.15 the last that the binding of tfjs-node 4.22 was seen to build and run with.
 */
const wheels: Readonly<Record<string, Wheel>> = {
  'linux-x64': {
    project: 'tensorflow-cpu',
    version: '2.15.1',
    file: 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
    unpacked: 625e6,
  },
  // `tensorflow` for this platform is an empty wheel that depends on this one.
  'linux-arm64': {
    project: 'tensorflow-cpu-aws',
    version: '2.15.1',
    file: 'tensorflow_cpu_aws-2.15.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl',
    sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
    unpacked: 705e6,
  },
  'linux-x64-gpu': {
    project: 'tensorflow',
    version: '2.15.1',
    file: 'tensorflow-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
    sha256: 'bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4',
    unpacked: 1040e6,
  },
};

/** The host of the official libraries, as the package's own installer chooses it. */
const officialBase = (env: NodeJS.ProcessEnv): string => {
  const host = env['TFJS_NODE_CDN_STORAGE'] || env['CDN_STORAGE'] || 'https://storage.googleapis.com/';
  return env['TFJS_NODE_BASE_URI'] || `${host}tensorflow/libtensorflow/libtensorflow-`;
};

/** The package, and where its libraries come from, on a machine. */
export const targetFor = (
  gpu: boolean,
  machine: { readonly platform: string; readonly arch: string } = process,
  env: NodeJS.ProcessEnv = process.env,
): Target => {
  const engine = gpu ? 'tfjs-node-gpu' : 'tfjs-node';
  const system = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[machine.platform] ?? machine.platform;
  const kind = gpu && system !== 'darwin' ? 'gpu' : 'cpu';
  const ending = system === 'windows' ? 'zip' : 'tar.gz';
  return {
    name: `@tensorflow/${engine}`,
    version: '4.22.0',
    engine,
    official: `${officialBase(env)}${kind}-${system}-x86_64-2.9.1.${ending}`,
    wheel: wheels[`${machine.platform}-${machine.arch}${gpu ? '-gpu' : ''}`],
  };
};
