import { createDetector, type ZooDetector } from './detector.ts';
import { type DfineFamily, dfineFamily, type LiteSize, liteFamily, type Size } from './zoo-dfine.ts';
import { type Dinov3Size, dinov3Family } from './zoo-dinov3.ts';
import type { ZooOptions } from './zoo-options.ts';
import {
  type HgnetSize,
  type ResnetSize,
  type RtdetrFamily,
  type RtdetrSize,
  type RtdetrZooOptions,
  rtdetrFamily,
} from './zoo-rtdetr.ts';

type DfineName = `deim-dfine-${Size}` | `dfine-${Size}` | `deimv2-${LiteSize | Size | `dinov3-${Dinov3Size}`}`;
type RtdetrName =
  | `rtdetr-${ResnetSize | 'dla34'}`
  | `rtdetrv2-${ResnetSize | HgnetSize}`
  | `deim-rtdetrv2-${ResnetSize}`;

/** Names of the zoo's models. */
export type ZooName = DfineName | RtdetrName;

type Zoo = Readonly<
  Record<DfineName, (options?: ZooOptions) => ZooDetector> &
    Record<RtdetrName, (options?: RtdetrZooOptions) => ZooDetector>
>;

const dfine =
  (family: DfineFamily, size: Size) =>
  (options: ZooOptions = {}) =>
    createDetector(dfineFamily(family, size, options));
const lite =
  (size: LiteSize) =>
  (options: ZooOptions = {}) =>
    createDetector(liteFamily(size, options));
const dinov3 =
  (size: Dinov3Size) =>
  (options: ZooOptions = {}) =>
    createDetector(dinov3Family(size, options));
const rtdetr =
  (family: RtdetrFamily, size: RtdetrSize) =>
  (options: RtdetrZooOptions = {}) =>
    createDetector(rtdetrFamily(family, size, options));

/** The published models by name; each takes {@link ZooOptions} (RT-DETR {@link RtdetrZooOptions}) and gives a detector. */
export const zoo: Zoo = {
  'deim-dfine-n': dfine('deim-dfine', 'n'),
  'deim-dfine-s': dfine('deim-dfine', 's'),
  'deim-dfine-m': dfine('deim-dfine', 'm'),
  'deim-dfine-l': dfine('deim-dfine', 'l'),
  'deim-dfine-x': dfine('deim-dfine', 'x'),
  'dfine-n': dfine('dfine', 'n'),
  'dfine-s': dfine('dfine', 's'),
  'dfine-m': dfine('dfine', 'm'),
  'dfine-l': dfine('dfine', 'l'),
  'dfine-x': dfine('dfine', 'x'),
  'deimv2-atto': lite('atto'),
  'deimv2-femto': lite('femto'),
  'deimv2-pico': lite('pico'),
  'deimv2-n': dfine('deimv2', 'n'),
  'deimv2-s': dfine('deimv2', 's'),
  'deimv2-m': dfine('deimv2', 'm'),
  'deimv2-l': dfine('deimv2', 'l'),
  'deimv2-x': dfine('deimv2', 'x'),
  'deimv2-dinov3-s': dinov3('s'),
  'deimv2-dinov3-m': dinov3('m'),
  'deimv2-dinov3-l': dinov3('l'),
  'deimv2-dinov3-x': dinov3('x'),
  'rtdetr-r18': rtdetr('rtdetr', 'r18'),
  'rtdetr-r34': rtdetr('rtdetr', 'r34'),
  'rtdetr-r50-m': rtdetr('rtdetr', 'r50-m'),
  'rtdetr-r50': rtdetr('rtdetr', 'r50'),
  'rtdetr-r101': rtdetr('rtdetr', 'r101'),
  'rtdetr-dla34': rtdetr('rtdetr', 'dla34'),
  'rtdetrv2-r18': rtdetr('rtdetrv2', 'r18'),
  'rtdetrv2-r34': rtdetr('rtdetrv2', 'r34'),
  'rtdetrv2-r50-m': rtdetr('rtdetrv2', 'r50-m'),
  'rtdetrv2-r50': rtdetr('rtdetrv2', 'r50'),
  'rtdetrv2-r101': rtdetr('rtdetrv2', 'r101'),
  'rtdetrv2-hgnet-l': rtdetr('rtdetrv2', 'hgnet-l'),
  'rtdetrv2-hgnet-x': rtdetr('rtdetrv2', 'hgnet-x'),
  'rtdetrv2-hgnet-h': rtdetr('rtdetrv2', 'hgnet-h'),
  'deim-rtdetrv2-r18': rtdetr('deim-rtdetrv2', 'r18'),
  'deim-rtdetrv2-r34': rtdetr('deim-rtdetrv2', 'r34'),
  'deim-rtdetrv2-r50-m': rtdetr('deim-rtdetrv2', 'r50-m'),
  'deim-rtdetrv2-r50': rtdetr('deim-rtdetrv2', 'r50'),
  'deim-rtdetrv2-r101': rtdetr('deim-rtdetrv2', 'r101'),
};
