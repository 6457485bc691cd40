import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * 1 / sqrt(x), rounded twice. TensorFlow's own estimates it, off by up to three units in the last place and always the same way; what
 * a batch norm leaves of the gradient of a scale before it then is off by a hundredth.
 */
export const inverseRoot = <T extends Tensor>(x: T): T => tf.div(1, tf.sqrt(x));
