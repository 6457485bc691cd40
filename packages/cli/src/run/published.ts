import type { ZooName } from '@detrain/models';

/** What a published checkpoint was trained on last. */
type TrainedOn = 'COCO' | 'Objects365' | 'Objects365, then COCO' | 'ImageNet';

/** A checkpoint that a paper's authors published. */
export interface Published {
  readonly url: string;
  /** The zoo's model; null for a backbone alone. */
  readonly model: ZooName | null;
  readonly trainedOn: TrainedOn;
  /** Where its authors publish one. None of these do: the first download's is kept and checked from then on. */
  readonly sha256?: string;
}

const DFINE = 'https://github.com/Peterande/storage/releases/download/dfinev1.0';
const RTDETR = 'https://github.com/lyuwenyu/storage/releases/download/v0.1';
const RTDETR_NEW = 'https://github.com/lyuwenyu/storage/releases/download/v0.2';

const on = (trainedOn: TrainedOn) => (model: ZooName, url: string) => ({ url, model, trainedOn });
const coco = on('COCO');
const objects = on('Objects365');
const both = on('Objects365, then COCO');
const backbone = (url: string): Published => ({ url, model: null, trainedOn: 'ImageNet' });
/** `confirm` skips the page that asks about files too large for a virus scan. */
const drive = (id: string) => `https://drive.usercontent.google.com/download?id=${id}&export=download&confirm=t`;

/** Checkpoints by name, from the model tables of the official repositories. Their licences are their authors'. */
export const published: Readonly<Record<string, Published>> = {
  'deim-dfine-n': coco('deim-dfine-n', drive('1ZPEhiU9nhW4M5jLnYOFwTSLQC1Ugf62e')),
  'deim-dfine-s': coco('deim-dfine-s', drive('1tB8gVJNrfb6dhFvoHJECKOF5VpkthhfC')),
  'deim-dfine-m': coco('deim-dfine-m', drive('18Lj2a6UN6k_n_UzqnJyiaiLGpDzQQit8')),
  'deim-dfine-l': coco('deim-dfine-l', drive('1PIRf02XkrA2xAD3wEiKE2FaamZgSGTAr')),
  'deim-dfine-x': coco('deim-dfine-x', drive('1dPtbgtGgq1Oa7k_LgH1GXPelg1IVeu0j')),
  'deim-dfine-x-objects365': objects('deim-dfine-x', drive('1RMNrHh3bYN0FfT5ZlWhXtQxkG23xb2xj')),
  'deim-rtdetrv2-r18': coco('deim-rtdetrv2-r18', drive('153_JKff6EpFgiLKaqkJsoDcLal_0ux_F')),
  'deim-rtdetrv2-r34': coco('deim-rtdetrv2-r34', drive('1O9RjZF6kdFWGv1Etn1Toml4r-YfdMDMM')),
  'deim-rtdetrv2-r50-m': coco('deim-rtdetrv2-r50-m', drive('10dLuqdBZ6H5ip9BbBiE6S7ZcmHkRbD0E')),
  'deim-rtdetrv2-r50': coco('deim-rtdetrv2-r50', drive('1mWknAXD5JYknUQ94WCEvPfXz13jcNOTI')),
  'deim-rtdetrv2-r101': coco('deim-rtdetrv2-r101', drive('1BIevZijOcBO17llTyDX32F_pYppBfnzu')),
  'deimv2-atto': coco('deimv2-atto', drive('18sRJXX3FBUigmGJ1y5Oo_DPC5C3JCgYc')),
  'deimv2-femto': coco('deimv2-femto', drive('16hh6l9Oln9TJng4V0_HNf_Z7uYb7feds')),
  'deimv2-pico': coco('deimv2-pico', drive('1PXpUxYSnQO-zJHtzrCPqQZ3KKatZwzFT')),
  'deimv2-n': coco('deimv2-n', drive('1G_Q80EVO4T7LZVPfHwZ3sT65FX5egp9K')),
  'deimv2-dinov3-s': coco('deimv2-dinov3-s', drive('1MDOh8UXD39DNSew6rDzGFp1tAVpSGJdL')),
  'deimv2-dinov3-m': coco('deimv2-dinov3-m', drive('1nPKDHrotusQ748O1cQXJfi5wdShq6bKp')),
  'deimv2-dinov3-l': coco('deimv2-dinov3-l', drive('1dRJfVHr9HtpdvaHlnQP460yPVHynMray')),
  'deimv2-dinov3-x': coco('deimv2-dinov3-x', drive('1pTiQaBGt8hwtO0mbYlJ8nE-HGztGafS7')),
  'dfine-n': coco('dfine-n', `${DFINE}/dfine_n_coco.pth`),
  'dfine-s': coco('dfine-s', `${DFINE}/dfine_s_coco.pth`),
  'dfine-m': coco('dfine-m', `${DFINE}/dfine_m_coco.pth`),
  'dfine-l': coco('dfine-l', `${DFINE}/dfine_l_coco.pth`),
  'dfine-x': coco('dfine-x', `${DFINE}/dfine_x_coco.pth`),
  'dfine-s-objects365': objects('dfine-s', `${DFINE}/dfine_s_obj365.pth`),
  'dfine-m-objects365': objects('dfine-m', `${DFINE}/dfine_m_obj365.pth`),
  'dfine-l-objects365': objects('dfine-l', `${DFINE}/dfine_l_obj365_e25.pth`),
  'dfine-x-objects365': objects('dfine-x', `${DFINE}/dfine_x_obj365.pth`),
  'dfine-s-objects365-coco': both('dfine-s', `${DFINE}/dfine_s_obj2coco.pth`),
  'dfine-m-objects365-coco': both('dfine-m', `${DFINE}/dfine_m_obj2coco.pth`),
  'dfine-l-objects365-coco': both('dfine-l', `${DFINE}/dfine_l_obj2coco_e25.pth`),
  'dfine-x-objects365-coco': both('dfine-x', `${DFINE}/dfine_x_obj2coco.pth`),
  'rtdetr-r18': coco('rtdetr-r18', `${RTDETR}/rtdetr_r18vd_dec3_6x_coco_from_paddle.pth`),
  'rtdetr-r34': coco('rtdetr-r34', `${RTDETR}/rtdetr_r34vd_dec4_6x_coco_from_paddle.pth`),
  'rtdetr-r50-m': coco('rtdetr-r50-m', `${RTDETR}/rtdetr_r50vd_m_6x_coco_from_paddle.pth`),
  'rtdetr-r50': coco('rtdetr-r50', `${RTDETR}/rtdetr_r50vd_6x_coco_from_paddle.pth`),
  'rtdetr-r101': coco('rtdetr-r101', `${RTDETR}/rtdetr_r101vd_6x_coco_from_paddle.pth`),
  'rtdetr-dla34': coco('rtdetr-dla34', drive('1_rVpl-jIelwy2LDT3E4vdM4KCLBcOtzZ')),
  'rtdetr-r18-objects365-coco': both('rtdetr-r18', `${RTDETR}/rtdetr_r18vd_5x_coco_objects365_from_paddle.pth`),
  'rtdetr-r50-objects365-coco': both('rtdetr-r50', `${RTDETR}/rtdetr_r50vd_2x_coco_objects365_from_paddle.pth`),
  'rtdetr-r101-objects365-coco': both('rtdetr-r101', `${RTDETR}/rtdetr_r101vd_2x_coco_objects365_from_paddle.pth`),
  'rtdetrv2-r18': coco('rtdetrv2-r18', `${RTDETR_NEW}/rtdetrv2_r18vd_120e_coco_rerun_48.1.pth`),
  'rtdetrv2-r34': coco('rtdetrv2-r34', `${RTDETR}/rtdetrv2_r34vd_120e_coco_ema.pth`),
  'rtdetrv2-r50-m': coco('rtdetrv2-r50-m', `${RTDETR}/rtdetrv2_r50vd_m_7x_coco_ema.pth`),
  'rtdetrv2-r50': coco('rtdetrv2-r50', `${RTDETR}/rtdetrv2_r50vd_6x_coco_ema.pth`),
  'rtdetrv2-r101': coco('rtdetrv2-r101', `${RTDETR}/rtdetrv2_r101vd_6x_coco_from_paddle.pth`),
  'rtdetrv2-hgnet-l': coco('rtdetrv2-hgnet-l', `${RTDETR}/rtdetrv2_hgnetv2_l_6x_coco_from_paddle.pth`),
  'rtdetrv2-hgnet-x': coco('rtdetrv2-hgnet-x', `${RTDETR}/rtdetrv2_hgnetv2_x_6x_coco_from_paddle.pth`),
  'rtdetrv2-hgnet-h': coco('rtdetrv2-hgnet-h', `${RTDETR}/rtdetrv2_hgnetv2_h_6x_coco_from_paddle.pth`),
  'hgnetv2-b0': backbone(`${DFINE}/PPHGNetV2_B0_stage1.pth`),
  'hgnetv2-b1': backbone(`${DFINE}/PPHGNetV2_B1_stage1.pth`),
  'hgnetv2-b2': backbone(`${DFINE}/PPHGNetV2_B2_stage1.pth`),
  'hgnetv2-b3': backbone(`${DFINE}/PPHGNetV2_B3_stage1.pth`),
  'hgnetv2-b4': backbone(`${DFINE}/PPHGNetV2_B4_stage1.pth`),
  'hgnetv2-b5': backbone(`${DFINE}/PPHGNetV2_B5_stage1.pth`),
  'hgnetv2-b6': backbone(`${DFINE}/PPHGNetV2_B6_stage1.pth`),
  'resnet18-vd': backbone(`${RTDETR}/ResNet18_vd_pretrained_from_paddle.pth`),
  'resnet34-vd': backbone(`${RTDETR}/ResNet34_vd_pretrained_from_paddle.pth`),
  'resnet50-vd': backbone(`${RTDETR}/ResNet50_vd_ssld_v2_pretrained_from_paddle.pth`),
  'resnet101-vd': backbone(`${RTDETR}/ResNet101_vd_ssld_pretrained_from_paddle.pth`),
};

/** Whether there is a published checkpoint of that name. */
export const isPublished = (name: string): boolean => Object.hasOwn(published, name);
