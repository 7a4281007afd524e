/** A snap installation, pinned to a revision. */
export interface Snap {
  /** The snap application name. */
  readonly name: string;
  /** The channel to install the snap from. */
  readonly channel: string;
  /** The revision number of the snap installation. */
  readonly revision: number;
}

/** The command that installs a snap at its revision. */
export function installSnap({ name, channel, revision }: Snap): string {
  return `snap install ${name} --channel=${channel} --revision=${revision}`;
}

/** The executable to be installed through wget. */
export interface WgetExecutable {
  /** The URL of the executable binary. */
  readonly url: string;
  /** Executable command name, such as `yq` for `yq_linux_amd64`. */
  readonly cmd: string;
}

/** The yq of GitHub's own runners; distributions have another program of that name. */
export function yqExecutable(arch: "x64" | "arm64"): WgetExecutable {
  const suffix = arch === "arm64" ? "arm64" : "amd64";
  return {
    url: `https://github.com/mikefarah/yq/releases/latest/download/yq_linux_${suffix}`,
    cmd: "yq",
  };
}
