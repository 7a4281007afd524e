/** An archive of the runner application. */
export interface ArchiveFile {
  readonly filename: string;
  readonly version: string;
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly architecture: "x64" | "arm64";
}

/** How GitHub offers archives: as they are, with a checksum that does not fit, or with none. */
export type ChecksumKnob = "right" | "wrong" | "missing";

/** The archives that the stand-in offers. */
export class ArchiveOffer {
  readonly #files: readonly ArchiveFile[];
  checksum: ChecksumKnob = "right";

  constructor(files: readonly ArchiveFile[]) {
    this.#files = files;
  }

  /** GitHub's list of downloads. */
  downloads(origin: string) {
    return this.#files.map(({ architecture, filename, version, sha256 }) => ({
      os: "linux",
      architecture,
      download_url: `${origin}${DOWNLOADS}/v${version}/${filename}`,
      filename,
      ...(this.checksum === "missing" ? {} : { sha256_checksum: this.#checksum(sha256) }),
    }));
  }

  /** The file of a download's path. */
  find(path: string): ArchiveFile | undefined {
    return this.#files.find(({ filename, version }) => path === `${DOWNLOADS}/v${version}/${filename}`);
  }

  #checksum(sha256: string): string {
    return this.checksum === "wrong" ? sha256.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) : sha256;
  }
}

const DOWNLOADS = "/actions/runner/releases/download";
