import type { Backbone } from './backbone.ts';
import { type Dinov3Options, dinov3 } from './dinov3.ts';
import { type DlaOptions, dla34 } from './dla.ts';
import { type HgnetOptions, hgnetv2 } from './hgnetv2.ts';
import type { HgnetName } from './hgnetv2-variants.ts';
import { type PresnetDepth, type PresnetOptions, presnet } from './presnet.ts';

/** What a detector's configuration leaves to the detector. */
type Given = 'name' | 'deployed';

/** Which backbone a detector has and how it is set; plain JSON. */
export type BackboneConfig =
  | ({ readonly kind: 'hgnetv2'; readonly variant: HgnetName } & Omit<HgnetOptions, Given>)
  | ({ readonly kind: 'presnet'; readonly depth: PresnetDepth } & Omit<PresnetOptions, Given>)
  | ({ readonly kind: 'dinov3' } & Omit<Dinov3Options, Given>)
  | ({ readonly kind: 'dla34' } & Omit<DlaOptions, Given>);

/** The backbone of a configuration, under the name `backbone`. */
export const createBackbone = (config: BackboneConfig, deployed = false): Backbone => {
  switch (config.kind) {
    case 'hgnetv2':
      return hgnetv2(config.variant, { ...config, deployed });
    case 'presnet':
      return presnet(config.depth, { ...config, deployed });
    case 'dinov3':
      return dinov3({ ...config, deployed });
    case 'dla34':
      return dla34({ ...config, deployed });
  }
};
