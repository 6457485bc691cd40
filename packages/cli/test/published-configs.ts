import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the reference records of one published configuration. */
export interface PublishedConfig {
  readonly repo: string;
  readonly config: string;
  readonly error?: string;
  readonly num_classes: number;
  readonly trainable_params: number;
  readonly param_groups: readonly {
    readonly lr: number;
    readonly weight_decay: number;
    readonly tensors: number;
    readonly elements: number;
  }[];
  readonly groups_file: string;
}

const folder = process.env['DETRAIN_REFERENCE'] && path.join(process.env['DETRAIN_REFERENCE'], 'golden/deim/keys');
const REPOSITORIES = ['deim', 'dfine', 'deimv2', 'rtdetr', 'rtdetr_v1'];

const json = <T>(file: string): T => JSON.parse(readFileSync(path.join(folder as string, file), 'utf8')) as T;

/** Every configuration of the official repositories; null where the reference is absent. */
export const publishedConfigs = (): readonly PublishedConfig[] | null =>
  folder && existsSync(folder) ? REPOSITORIES.flatMap((repo) => json<PublishedConfig[]>(`index_${repo}.json`)) : null;

/** The index of each parameter's optimizer group. */
export const groupsOf = ({ groups_file }: PublishedConfig): Readonly<Record<string, number>> => json(groups_file);

const OWN_DATA = 'a set of one person: take the preset of the model, --data and --weights';
const V1 = 'RT-DETR v1: its multi-scale is inside the model, and RT-DETRv2 supersedes it';

/** Presets of published configurations, else why there is none; the first pattern that fits `repository/file` says it. */
const RULES: readonly (readonly [pattern: RegExp, preset: string | { readonly none: string }])[] = [
  [/^deimv2\/deim_dfine\//, { none: "DEIM's and D-FINE's own, which this repository's encoder stops" }],
  [/^deimv2\/deim_rtdetrv2\//, { none: "DEIM's own: R18 and R34 without projections of equal width, else the same" }],
  [/^rtdetr_v1\/|^rtdetr\/rtdetr\//, { none: V1 }],
  [/^dfine\/dfine\/(crowdhuman|custom)\//, { none: OWN_DATA }],
  [/deim_hgnetv2_x_obj2coco_24e$/, 'deim-dfine-x-obj2coco'],
  [/deim_hgnetv2_(.)_coco$/, 'deim-dfine-$1'],
  [/\/dfine_hgnetv2_(.)_coco$/, 'dfine-$1'],
  [/dfine_hgnetv2_(.)_obj365$/, 'dfine-$1-objects365'],
  [/dfine_hgnetv2_(.)_obj2coco$/, 'dfine-$1-obj2coco'],
  [/deimv2_hgnetv2_(\w+)_coco$/, 'deimv2-$1'],
  [/deimv2_dinov3_(.)_coco$/, 'deimv2-dinov3-$1'],
  [/\/deim_(r\d+)vd_m_\w+$/, 'deim-rtdetrv2-$1-m'],
  [/\/deim_(r\d+)vd_\w+$/, 'deim-rtdetrv2-$1'],
  [/rtdetrv2_hgnetv2_(.)_6x_coco$/, 'rtdetrv2-hgnet-$1'],
  [/rtdetrv2_(r18)vd_120e_(voc)$/, 'rtdetrv2-$1-$2'],
  [/rtdetrv2_(r18)vd_(sp\d)_120e_coco$/, 'rtdetrv2-$1-$2'],
  [/rtdetrv2_(r\d+)vd_m_dsp_\dx_coco$/, 'rtdetrv2-$1-m-dsp'],
  [/rtdetrv2_(r\d+)vd_dsp_\dx_coco$/, 'rtdetrv2-$1-dsp'],
  [/rtdetrv2_(r\d+)vd_m_\w+$/, 'rtdetrv2-$1-m'],
  [/rtdetrv2_(r\d+)vd_\w+$/, 'rtdetrv2-$1'],
];

/** The preset of a published configuration, or why it has none; null where that is not known. */
export const presetOf = ({ repo, config }: PublishedConfig): string | { readonly none: string } | null => {
  const name = `${repo}/${config.replace(/^configs\/|\.yml$/g, '')}`;
  for (const [pattern, preset] of RULES) {
    const found = pattern.exec(name);
    if (found) return typeof preset === 'string' ? preset.replace(/\$(\d)/g, (_, i) => found[Number(i)] ?? '') : preset;
  }
  return null;
};
