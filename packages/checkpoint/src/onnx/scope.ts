/** The exporter's name of a model within the module that adds the post-processing. */
const ROOT = 'model';

/** Where official exports keep a convolution with its batch norm folded in, and where the trained model keeps it. */
const unfused = (path: string): string => path.replace(/\.conv_bn_fused\b/, '.conv');

/** What the inner decoder owns; every other module that it calls is the outer decoder's, handed over. */
const INNER = /^decoder\.decoder\.(?!layers\.|lqe_layers\.)/;

/** The official name of a tensor that an export names after its place in the module tree. */
export const officialName = (name: string): string =>
  unfused(name.startsWith(`${ROOT}.`) ? name.slice(ROOT.length + 1) : name);

/**
 * The module that an operation stems from, in state-dict form: the exporter writes `/model/encoder/cv2/cv2.0/conv/Conv` for
 * the operation `Conv` of `encoder.cv2.0.conv`. A module that is called again has a number after its name, which is dropped.
 *
 * @returns '' where the name says nothing.
 */
export const moduleOf = (operation: string): string => {
  if (!operation.startsWith('/')) return '';
  const parts = operation.split('/').slice(1, -1);
  if (parts[0] === ROOT) parts.shift();
  const path: string[] = [];
  for (const part of parts) {
    const [, list, index] = /^(.+)\.(\d+)(?:_\d+)?$/.exec(part) ?? [];
    if (list === undefined || index === undefined) {
      path.push(part);
      continue;
    }
    // A Sequential that is called stands before its members; the model's own parts, at the top, are none.
    if (path.length > 1 && path[path.length - 1] === list) path.pop();
    path.push(`${list}.${index}`);
  }
  return unfused(path.join('.')).replace(INNER, 'decoder.');
};
