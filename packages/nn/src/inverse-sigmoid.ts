import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** log(x / (1 - x)) with both parts at least eps, so that 0 and 1 give -11.5129 and 11.5129 at the default. */
export const inverseSigmoid = <T extends Tensor>(x: T, eps = 1e-5): T => {
  const inside = tf.clipByValue(x, 0, 1);
  return tf.log(tf.div(tf.maximum(inside, eps), tf.maximum(tf.sub(1, inside), eps))) as T;
};
