/** The executable to be installed through wget. */
export interface WgetExecutable {
  /** The URL of the executable binary. */
  readonly url: string;
  /** Executable command name, such as `yq` for `yq_linux_amd64`. */
  readonly cmd: string;
}
