import { gzipSync } from "node:zlib";
import { Header } from "tar";

/** A member of an archive, written as it is: nothing is checked. */
export interface Member {
  readonly path: string;
  readonly type?: "File" | "Directory" | "SymbolicLink" | "Link" | "CharacterDevice" | "BlockDevice" | "FIFO";
  readonly linkpath?: string;
  readonly content?: Buffer;
  /** What the header says of the size, in place of the content's. */
  readonly size?: number;
}

const BLOCK = 512;

/** A tar archive of these members, gzipped. */
export function tarFile(members: readonly Member[]): Buffer {
  return gzipSync(Buffer.concat([...members.map(blocksOf), Buffer.alloc(2 * BLOCK)]));
}

function blocksOf({ path, type = "File", linkpath, content = Buffer.alloc(0), size }: Member): Buffer {
  const header = new Header({
    path,
    type,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    size: size ?? content.length,
    ...(linkpath === undefined ? {} : { linkpath }),
  });
  header.encode();
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([header.block ?? Buffer.alloc(BLOCK), content, padding]);
}
