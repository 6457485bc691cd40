import type { Backbone } from './backbone.ts';
import { type Encoder, type HybridEncoderOptions, hybridEncoder } from './hybrid-encoder.ts';
import { type LiteEncoderOptions, liteEncoder } from './lite-encoder.ts';

/** Which encoder a detector has and how it is set; plain JSON. */
export type EncoderConfig =
  | ({ readonly kind: 'hybrid' } & Omit<HybridEncoderOptions, 'channels' | 'strides' | 'name' | 'deployed'>)
  | ({ readonly kind: 'lite' } & Omit<LiteEncoderOptions, 'channels' | 'stride' | 'name' | 'deployed'>);

/** The encoder of a configuration for a backbone's maps, under the name `encoder`. */
export const createEncoder = (config: EncoderConfig, { channels, strides }: Backbone, deployed = false): Encoder => {
  switch (config.kind) {
    case 'hybrid':
      return hybridEncoder({ ...config, deployed, channels, strides });
    case 'lite':
      return liteEncoder({ ...config, deployed, channels: channels[0] as number, stride: strides[0] as number });
  }
};
