import type { Decoder } from './decoder.ts';
import { type DfineDecoderOptions, dfineDecoder } from './dfine-decoder.ts';
import { type RtdetrDecoderOptions, rtdetrDecoder } from './rtdetr-decoder.ts';

/** What a detector's configuration leaves to the detector. */
type Given = 'channels' | 'numClasses' | 'numQueries' | 'sizes' | 'deployed';

/** Which decoder a detector has and how it is set; plain JSON. */
export type DecoderConfig =
  | ({ readonly kind: 'dfine' } & Omit<DfineDecoderOptions, Given | 'name'>)
  | ({ readonly kind: 'rtdetr' } & Omit<RtdetrDecoderOptions, Given | 'name'>);

/** The decoder of a configuration, under the name `decoder`. */
export const createDecoder = (config: DecoderConfig, given: Pick<DfineDecoderOptions, Given>): Decoder => {
  switch (config.kind) {
    case 'dfine':
      return dfineDecoder({ ...config, ...given });
    case 'rtdetr':
      return rtdetrDecoder({ ...config, ...given });
  }
};
