import type { GroupRule } from '@detrain/optim';

interface Rates {
  /** Learning rate of the backbone; everything else has the run's. */
  readonly backbone: number;
}

/** Names of the form `…backbone…` without `norm` or, as its author meant, `bn`. */
const notNormOrBn = /^(?=.*backbone)(?!.*norm|bn).*$/;
const notNorm = /^(?=.*backbone)(?!.*norm).*$/;
const undecayed = (match: RegExp): GroupRule => ({ match, weightDecay: 0 });
const allNorms = undecayed(/^(?=.*(?:norm|bn)).*$/);
const headNorms = undecayed(/^(?=.*(?:encoder|decoder))(?=.*(?:norm|bn)).*$/);
const headNormsAndBiases = undecayed(/^(?=.*(?:encoder|decoder))(?=.*(?:norm|bn|bias)).*$/);

const withBackboneNorms = (rate: number, head: GroupRule): readonly GroupRule[] => [
  { match: notNormOrBn, learningRate: rate },
  { match: /^(?=.*backbone)(?=.*norm|bn).*$/, learningRate: rate, weightDecay: 0 },
  head,
];

/**
 * The optimizer groups of the published configurations: which parameters learn at another rate than the run's, and which do not
 * decay. Names are official ones, the first rule that fits a name wins, and the patterns are kept with what they do, meant or not:
 * in `(?!.*norm|bn)` and `(?=.*norm|bn)` the `|` splits the whole assertion, so `bn` counts only where a name begins with it. The
 * batch norms of HGNetv2 (`….bn.weight`) and its LAB scalars therefore learn at the backbone's rate and decay, and the rule for
 * the backbone's norms is empty; those of the ResNets (`….norm.weight`) are told apart as meant.
 */
export const publishedGroups = {
  /** D-FINE N, S, M; DEIM-D-FINE N; DEIMv2 Femto, Pico, N; RT-DETRv2 R34: norms and biases of encoder and decoder do not decay. */
  small: ({ backbone }: Rates) => withBackboneNorms(backbone, headNormsAndBiases),
  /** DEIMv2 Atto: as `small`, and biases decay. */
  atto: ({ backbone }: Rates) => withBackboneNorms(backbone, headNorms),
  /** D-FINE, DEIM-D-FINE and DEIMv2 L and X; RT-DETRv2 R101 and on HGNetv2: as `atto` without a rule for the backbone's norms. */
  large: ({ backbone }: Rates): readonly GroupRule[] => [{ match: notNormOrBn, learningRate: backbone }, headNorms],
  /** DEIM-D-FINE and DEIMv2 S and M: no norm decays, and those of the backbone learn at the run's rate, ten times its own in M. */
  deimMedium: ({ backbone }: Rates): readonly GroupRule[] => [
    { match: /^(?=.*backbone)(?!.*bn).*$/, learningRate: backbone },
    allNorms,
  ],
  /** RT-DETRv2 R50 and R50-m, whose backbone's norms are frozen. */
  resnet: ({ backbone }: Rates): readonly GroupRule[] => [{ match: notNorm, learningRate: backbone }, headNorms],
  /** DEIM-RT-DETRv2 from R34 up: no norm decays, and those of the backbone learn at the run's rate. */
  deimResnet: ({ backbone }: Rates): readonly GroupRule[] => [{ match: notNorm, learningRate: backbone }, allNorms],
  /** R18 of RT-DETRv2 and DEIM-RT-DETRv2: one rate for everything, and no norm decays. */
  resnet18: (): readonly GroupRule[] => [allNorms],
  /** DEIMv2 on DINOv3: the transformer at its own rate; the adapter beside it (`backbone.sta`) learns at the run's. */
  dinov3: ({ backbone }: Rates): readonly GroupRule[] => [
    { match: /^(?=.*.dinov3)(?!.*(?:norm|bn|bias)).*$/, learningRate: backbone },
    { match: /^(?=.*.dinov3)(?=.*(?:norm|bn|bias)).*$/, learningRate: backbone, weightDecay: 0 },
    undecayed(/^(?=.*(?:sta|encoder|decoder))(?=.*(?:norm|bn|bias)).*$/),
  ],
};
