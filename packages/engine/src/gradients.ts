import {
  Equal,
  Greater,
  Less,
  LessEqual,
  LogicalAnd,
  LogicalNot,
  LogicalOr,
  NotEqual,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { tf } from './tf.ts';

const flat = (x: Tensor) => () => tf.zeros(x.shape);

/**
 * Registers what tfjs lacks: comparisons and logic are constant almost everywhere, yet tfjs has no gradient for most of
 * them and refuses to differentiate `where(less(a, b), …)`. Those that exist already are left alone.
 */
export const registerGradients = (): void => {
  for (const kernelName of [Equal, NotEqual, Greater, Less, LessEqual, LogicalAnd, LogicalOr])
    if (!tf.getGradient(kernelName))
      tf.registerGradient({
        kernelName,
        inputsToSave: ['a', 'b'],
        gradFunc: (_, [a, b]) => ({ a: flat(a!), b: flat(b!) }),
      });
  if (!tf.getGradient(LogicalNot))
    tf.registerGradient({ kernelName: LogicalNot, inputsToSave: ['x'], gradFunc: (_, [x]) => ({ x: flat(x!) }) });
};
