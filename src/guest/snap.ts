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
