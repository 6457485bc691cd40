/** Shape of a vision transformer that DEIMv2 builds on. */
export interface VitVariant {
  readonly dim: number;
  readonly heads: number;
  /** Width inside the feed-forward part, after the gate where there is one. */
  readonly feedForward: number;
  /** A SiLU-gated feed-forward part in place of a GELU. */
  readonly gated: boolean;
  /**
   * As in Meta's released DINOv3 models: storage tokens, a learned scale on each branch, no bias on keys, a last norm.
   * The others are DEIMv2's own small ones, distilled from them.
   */
  readonly released: boolean;
}

/** Names of the vision transformers, as the official configurations have them. */
export type VitName = 'vit_tiny' | 'vit_tinyplus' | 'dinov3_vits16' | 'dinov3_vits16plus';

/** The published shapes; all have twelve layers and patches of 16 x 16 pixels. */
export const vitVariants: Readonly<Record<VitName, VitVariant>> = {
  vit_tiny: { dim: 192, heads: 3, feedForward: 768, gated: false, released: false },
  vit_tinyplus: { dim: 256, heads: 4, feedForward: 1024, gated: false, released: false },
  dinov3_vits16: { dim: 384, heads: 6, feedForward: 1536, gated: false, released: true },
  dinov3_vits16plus: { dim: 384, heads: 6, feedForward: 1536, gated: true, released: true },
};
