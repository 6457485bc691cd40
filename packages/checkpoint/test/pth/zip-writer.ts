import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of a zip file, and the lies told about it. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Unpacked bytes, as the directory claims. */
  readonly size?: number;
  /** Packed bytes, as the directory claims. */
  readonly packed?: number;
  readonly localName?: string;
  readonly localMethod?: number;
  /** Where the directory says that the entry begins. */
  readonly offset?: number;
}

interface Header {
  readonly signature: number;
  readonly central: boolean;
  readonly entry: ZipEntry;
  readonly name: string;
  readonly packed: number;
  readonly offset: number;
}

const header = ({ signature, central, entry, name, packed, offset }: Header): Buffer => {
  const bytes = Buffer.alloc(central ? 46 : 30);
  const shift = central ? 2 : 0;
  const method = entry.method ?? (entry.deflate ? 8 : 0);
  bytes.writeUInt32LE(signature, 0);
  if (central) bytes.writeUInt16LE(20, 4);
  bytes.writeUInt16LE(20, 4 + shift);
  bytes.writeUInt16LE(entry.flags ?? 0x800, 6 + shift);
  bytes.writeUInt16LE(central ? method : (entry.localMethod ?? method), 8 + shift);
  bytes.writeUInt32LE(entry.crc ?? crc32(entry.data), 14 + shift);
  bytes.writeUInt32LE(entry.packed ?? packed, 18 + shift);
  bytes.writeUInt32LE(entry.size ?? entry.data.length, 22 + shift);
  bytes.writeUInt16LE(Buffer.byteLength(name), 26 + shift);
  if (central) bytes.writeUInt32LE(entry.offset ?? offset, 42);
  return Buffer.concat([bytes, Buffer.from(name)]);
};

/** A zip file. */
export const zip = (entries: readonly ZipEntry[]): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = entry.deflate ? deflateRawSync(entry.data) : Buffer.from(entry.data);
    const common = { entry, packed: content.length, offset };
    const local = header({
      ...common,
      signature: 0x04034b50,
      central: false,
      name: entry.localName ?? entry.name,
    });
    parts.push(local, content);
    directory.push(header({ ...common, signature: 0x02014b50, central: true, name: entry.name }));
    offset += local.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
};

const six = () => Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

/** The entries of a checkpoint as torch.save writes it: a pickle and storage 0, six float32 from 0 to 5. */
export const checkpointEntries = (pickle: Uint8Array): ZipEntry[] => [
  { name: 'c/data.pkl', data: pickle },
  { name: 'c/byteorder', data: Buffer.from('little') },
  { name: 'c/data/0', data: six() },
  { name: 'c/version', data: Buffer.from('3\n') },
];
