import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What all published packages have in common. */
export interface Publishing {
  /** URL of the repository in a browser. */
  readonly repository: string;
  /** Versions of Node.js that the packages run on. */
  readonly node: string;
}

/** The oldest version with `require` of ES modules, so that CommonJS programs can use the packages too. */
const NODE = ">=20.19";

/** Stands for the repository until it has an address. */
export const PLACEHOLDER = "https://github.com/example/github-runner-charm";

/** Reads what the repository says of itself. */
export function readPublishing(root: string): Publishing {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly repository: { readonly url: string };
  };
  return { repository: repository.url.replace(/^git\+/, "").replace(/\.git$/, ""), node: NODE };
}
