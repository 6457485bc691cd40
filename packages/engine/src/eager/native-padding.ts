import {
  type backend_util,
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  type KernelFunc,
  MaxPool,
  MaxPoolGrad,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { tf } from '../tf.ts';

type Shape = [number, number, number, number];
type Extents = [number, number];

/** Attributes of the kernels below, as tfjs gives them. */
interface Attributes {
  readonly strides: Extents;
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dilations?: Extents;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly filterSize: Extents;
  readonly inputShape: Shape;
  readonly filterShape: Shape;
}

type Inputs = Readonly<Record<'x' | 'dy' | 'filter' | 'input' | 'output', TensorInfo>>;

/** What TensorFlow's operation takes: its geometry and its inputs in order, a shape standing for a tensor of it. */
interface Call {
  readonly info: backend_util.Conv2DInfo;
  readonly inputs: readonly (TensorInfo | Shape)[];
  readonly pooling?: boolean;
}

/** What tfjs-node's backend offers to its kernels: TensorFlow's operations by name. */
interface NativeBackend {
  readonly binding: Readonly<Record<'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_FLOAT', number>>;
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly TensorInfo[]): TensorInfo;
}

const convolution = (map: readonly number[], filter: readonly number[], attrs: Attributes, depthwise: boolean) =>
  tf.backend_util.computeConv2DInfo(
    map as Shape,
    filter as Shape,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
const pool = (map: readonly number[], { filterSize, strides, pad, dimRoundingMode }: Attributes) =>
  tf.backend_util.computePool2DInfo(map as Shape, filterSize, strides, 1, pad, dimRoundingMode);

const forward =
  (depthwise: boolean) =>
  ({ x, filter }: Inputs, attrs: Attributes): Call => ({
    info: convolution(x.shape, filter.shape, attrs, depthwise),
    inputs: [x, filter],
  });
const byInput =
  (depthwise: boolean) =>
  ({ filter, dy }: Inputs, attrs: Attributes): Call => ({
    info: convolution(attrs.inputShape, filter.shape, attrs, depthwise),
    inputs: [attrs.inputShape, filter, dy],
  });
const byFilter =
  (depthwise: boolean) =>
  ({ x, dy }: Inputs, attrs: Attributes): Call => ({
    info: convolution(x.shape, attrs.filterShape, attrs, depthwise),
    inputs: [x, attrs.filterShape, dy],
  });

/** The kernels that tfjs-node 4.22 refuses to run with some or all paddings given in numbers, though TensorFlow can. */
const kernels: Readonly<Record<string, (inputs: Inputs, attrs: Attributes) => Call>> = {
  [Conv2D]: forward(false),
  [DepthwiseConv2dNative]: forward(true),
  [Conv2DBackpropInput]: byInput(false),
  [Conv2DBackpropFilter]: byFilter(false),
  [DepthwiseConv2dNativeBackpropInput]: byInput(true),
  [DepthwiseConv2dNativeBackpropFilter]: byFilter(true),
  [MaxPool]: ({ x }, attrs) => ({ info: pool(x.shape, attrs), inputs: [x], pooling: true }),
  [MaxPoolGrad]: ({ input, output, dy }, attrs) => ({
    info: pool(input.shape, attrs),
    inputs: [input, output, dy],
    pooling: true,
  }),
};

const execute = (name: string, { info, inputs, pooling }: Call, backend: NativeBackend): TensorInfo => {
  const { binding } = backend;
  const { top, bottom, left, right } = info.padInfo;
  const list = (attribute: string, value: readonly number[]) => ({
    name: attribute,
    type: binding.TF_ATTR_INT,
    value,
  });
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'padding', type: binding.TF_ATTR_STRING, value: 'EXPLICIT' },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    list('explicit_paddings', [0, 0, top, bottom, left, right, 0, 0]),
    list('strides', [1, info.strideHeight, info.strideWidth, 1]),
    pooling
      ? list('ksize', [1, info.filterHeight, info.filterWidth, 1])
      : list('dilations', [1, info.dilationHeight, info.dilationWidth, 1]),
  ];
  const given = inputs.map((input) => ('dataId' in input ? input : tf.tensor1d(input, 'int32')));
  const result = backend.executeSingleOutput(name, attributes, given);
  for (const [i, tensor] of given.entries()) if (tensor !== inputs[i]) (tensor as tf.Tensor).dispose();
  return result;
};

const sides = ({ padInfo: { top, bottom, left, right } }: backend_util.Conv2DInfo) =>
  `${top},${bottom},${left},${right}`;

const closed = new Set<string>();

/** Closes the gaps that tfjs-node has where padding is given in numbers; all else stays with its own kernels. */
export const registerNativePadding = (): void => {
  for (const [kernelName, call] of Object.entries(kernels)) {
    const stock = tf.getKernel(kernelName, 'tensorflow');
    if (!stock || closed.has(kernelName)) continue;
    const kernelFunc: KernelFunc = (given) => {
      const attrs = given.attrs as unknown as Attributes;
      if (typeof attrs.pad === 'string' || attrs.dataFormat === 'NCHW') return stock.kernelFunc(given);
      const inputs = given.inputs as Inputs;
      const padded = call(inputs, attrs);
      const same: Attributes = { ...attrs, pad: 'same' };
      // TensorFlow's gradients take a fifth less time where it knows the padding by this name.
      return sides(padded.info) === sides(call(inputs, same).info)
        ? stock.kernelFunc({ ...given, attrs: { ...same } })
        : execute(kernelName, padded, given.backend as NativeBackend);
    };
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({ ...stock, kernelFunc });
    closed.add(kernelName);
  }
};
