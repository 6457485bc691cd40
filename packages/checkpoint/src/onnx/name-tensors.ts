import type { HostTensor } from '@detrain/core';
import type { Constant, Graph, GraphNode } from '@detrain/onnx/file';
import { findAttentions } from './attention.ts';
import { flat, host, sameTensor, stacked, transposed } from './layout.ts';
import { moduleOf, officialName } from './scope.ts';
import { linearAt, type Wiring, wiringOf } from './wiring.ts';

/** A stored tensor of a learned operation that no rule gives a name. */
export interface UnnamedTensor {
  readonly constant: string;
  readonly shape: readonly number[];
  /** The operation's name in the file, or its kind where it has none. */
  readonly operation: string;
}

/** A graph's tensors under official names, in PyTorch's layout. */
export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly unnamed: readonly UnnamedTensor[];
}

/** What normalising operations store, from their second input on. */
const NORM_PARTS: Readonly<Record<string, readonly string[]>> = {
  LayerNormalization: ['weight', 'bias'],
  BatchNormalization: ['weight', 'bias', 'running_mean', 'running_var'],
};

const isPath = (name: string): boolean => /^[A-Za-z_]\w*(\.\w+)+$/.test(name);
const parentOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));
const leafOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Tensors under the names that the exporter left them. */
const keptNames = (graph: Graph): Map<string, HostTensor> => {
  // Weights are real, but for D-FINE's scale, an integer in the published configurations.
  const isWeight = (name: string, { dtype }: Constant) => dtype === 'float32' || leafOf(name) === 'reg_scale';
  return new Map(
    [...graph.constants].flatMap(([name, tensor]) =>
      isPath(name) && isWeight(name, tensor) ? [[officialName(name), host(tensor)] as const] : [],
    ),
  );
};

/** The packed projections of all attentions, put together, by module; and the nodes that they were found in. */
const packedProjections = (graph: Graph, wiring: Wiring) => {
  const tensors = new Map<string, HostTensor>();
  const modules = new Set<string>();
  const nodes = new Set<GraphNode>();
  for (const found of findAttentions(graph, wiring)) {
    const module = moduleOf(found.query.name ?? '');
    const parts = [found.query, found.key, found.value];
    if (module === '' || modules.has(module) || new Set(parts).size < parts.length) continue;
    modules.add(module);
    for (const node of parts) nodes.add(node);
    const projections = parts.flatMap((node) => linearAt(node, wiring) ?? []);
    const weights = projections.map(({ weight, upright }) =>
      (upright ? host : transposed)(wiring.constant(weight) as Constant),
    );
    const biases = projections.flatMap(({ bias }) => wiring.constant(bias) ?? []);
    tensors.set(`${module}.in_proj_weight`, stacked(weights));
    if (biases.length === parts.length) tensors.set(`${module}.in_proj_bias`, stacked(biases.map(host)));
  }
  return { tensors, modules, nodes };
};

/**
 * Names the tensors of an official export.
 *
 * Some keep their state-dict name. The rest are known by the operation that reads them, whose name tells its module. An
 * exporter stores equal tensors once, under the name of one of them, so the operation has the last word there, too.
 */
export const nameTensors = (graph: Graph): NamedTensors => {
  const wiring = wiringOf(graph);
  const packed = packedProjections(graph, wiring);
  const tensors = new Map([...keptNames(graph), ...packed.tensors]);
  const unnamed: UnnamedTensor[] = [];

  const put = (module: string, part: string, constant: string, node: GraphNode, layout = host): void => {
    const stored = wiring.constant(constant);
    if (!stored) return;
    const tensor = layout(stored);
    const before = tensors.get(`${module}.${part}`);
    if (module !== '' && !before) tensors.set(`${module}.${part}`, tensor);
    // A module that is called again may read a copy of its own.
    else if (!before || !sameTensor(before, tensor))
      unnamed.push({ constant, shape: stored.shape, operation: node.name ?? node.op });
  };
  /** The module whose weight and bias a node reads: the named one of them says it, if it is not another's that is equal. */
  const ownerOf = (node: GraphNode, constants: readonly string[]): string => {
    const module = moduleOf(node.name ?? '');
    const named = constants.filter(isPath).map((name) => parentOf(officialName(name)));
    const own = named.find((owner) => owner === module || owner.startsWith(`${module}.`) || module === '');
    return own ?? (packed.modules.has(module) ? `${module}.out_proj` : module);
  };

  for (const node of graph.nodes) {
    const [, first = '', second = ''] = node.inputs;
    const linear = packed.nodes.has(node) ? null : linearAt(node, wiring);
    if (node.op === 'Conv') {
      const owner = ownerOf(node, [first, second]);
      put(owner, 'weight', first, node);
      put(owner, 'bias', second, node);
    } else if (linear) {
      const owner = ownerOf(node, [linear.bias, linear.weight]);
      put(owner, 'weight', linear.weight, node, linear.upright ? host : transposed);
      put(owner, 'bias', linear.bias, node);
    }
    const owner = moduleOf(node.name ?? '');
    for (const [i, part] of (NORM_PARTS[node.op] ?? []).entries()) put(owner, part, node.inputs[i + 1] ?? '', node);
    if (node.op !== 'Mul' || !owner.endsWith('.cross_attn')) continue;
    // Deformable attention's one over points per level, which the exporter gives a second axis.
    const scale = node.inputs.find((input) => wiring.constant(input)?.shape.at(-1) === 1);
    if (scale !== undefined) put(owner, 'num_points_scale', scale, node, flat);
  }
  for (const { module, part, constant, node } of sharedFactors(graph, wiring))
    if (!tensors.has(`${module}.${part}`)) put(module, part, constant, node);
  return { tensors, unnamed };
};

/**
 * Factors and shifts that are stored once because they are equal: what the same operation reads in sister modules tells the
 * part (`Mul` in `lab` reads `scale`).
 */
const sharedFactors = (graph: Graph, wiring: Wiring) => {
  const reads = graph.nodes.flatMap((node) => {
    const module = moduleOf(node.name ?? '');
    const constant = node.inputs.find((input) => isPath(input) && wiring.constant(input)?.dtype === 'float32');
    if (constant === undefined || (node.op !== 'Mul' && node.op !== 'Add')) return [];
    const name = officialName(constant);
    const kind = `${node.op} ${/([^.]*)[.\d]*$/.exec(module)?.[1]}`;
    return [{ node, module, constant, kind, own: parentOf(name) === module, part: leafOf(name) }];
  });
  const parts = new Map(reads.flatMap(({ own, kind, part }) => (own ? [[kind, part] as const] : [])));
  return reads.flatMap(({ own, kind, ...read }) => {
    const part = parts.get(kind);
    return own || part === undefined ? [] : [{ ...read, part }];
  });
};
