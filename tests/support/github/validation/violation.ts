/** Something on GitHub's paths that GitHub's description does not allow. */
export interface Violation {
  readonly direction: "request" | "response";
  readonly method: string;
  readonly path: string;
  /** Of a response. */
  readonly status?: number;
  /** What is wrong, one line each. */
  readonly errors: readonly string[];
}
