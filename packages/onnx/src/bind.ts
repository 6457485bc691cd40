import { fail, type HostTensor } from '@detrain/core';
import { type Graph, sameNumbers } from './graph.ts';

/**
 * A graph whose inputs of these names are constants: what is exported or only ever run with the same parameters.
 *
 * @throws Error when a name is no input, or shape or type differ.
 */
export const bindInputs = (graph: Graph, tensors: Readonly<Record<string, HostTensor>>): Graph => {
  const constants = new Map(graph.constants);
  for (const [name, tensor] of Object.entries(tensors)) {
    const input = graph.inputs.find((one) => one.name === name);
    if (!input || !sameNumbers(input.shape, tensor.shape) || input.dtype !== tensor.dtype) {
      const wanted = input ? `${input.dtype} [${input.shape}]` : 'the name of an input';
      fail('onnx', `'${name}' is ${tensor.dtype} [${tensor.shape}]`, wanted, 'bind tensors of the traced specs');
    }
    constants.set(name, tensor);
  }
  return { ...graph, constants, inputs: graph.inputs.filter(({ name }) => !(name in tensors)) };
};
