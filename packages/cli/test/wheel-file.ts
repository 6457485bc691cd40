import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Wheel } from '../src/run/native-engine/target.ts';

/** A zip file of stored entries. */
export const zipOf = (entries: Readonly<Record<string, string>>): Buffer => {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const [content, path] = [Buffer.from(text), Buffer.from(name)];
    // version, flags, method, time and date; checksum, sizes, lengths of name and extra field
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, place, path]));
    locals.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
};

/** What a wheel of TensorFlow holds, in small, and a little that is not needed. */
export const libraries = {
  'tensorflow/libtensorflow_cc.so.2': 'the library',
  'tensorflow/libtensorflow_framework.so.2': 'its framework',
  'tensorflow/include/tensorflow/c/c_api.h': '// C',
  'tensorflow/include/tensorflow/core/platform/ctstring_internal.h': '// strings',
  'tensorflow/include/tsl/platform/ctstring_internal.h': '// strings, too',
  'tensorflow/include/tensorflow/core/graph/graph.h': '// not needed',
  'tensorflow/python/framework/ops.py': '# not needed',
};

/** The description of a file as a wheel. */
export const describeWheel = (content: Buffer, file = 'tf_small-1.0-cp311-linux.whl'): Wheel => ({
  project: 'tf-small',
  version: '1.0',
  file,
  sha256: createHash('sha256').update(content).digest('hex'),
  unpacked: 1000,
});
