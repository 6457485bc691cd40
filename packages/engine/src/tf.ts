// The union package registers the gradients and the cpu backend; core alone has none of them.
import '@tensorflow/tfjs';

export * as tf from '@tensorflow/tfjs-core';
