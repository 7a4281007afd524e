import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What all published packages have in common. */
export interface Publishing {
  /** URL of the repository in a browser. */
  readonly repository: string;
  /** Who answers for what is published, such as `A Person <person@example.org>`. */
  readonly maintainer: string;
  /** Versions of Node.js that the packages run on. */
  readonly node: string;
}

/** The oldest version with `require` of ES modules, so that CommonJS programs can use the packages too. */
const NODE = ">=20.19";

/** Stands for the repository until it has an address. */
const PLACEHOLDER = "https://github.com/example/github-runner-charm";
/** Ends the address of a maintainer until there is one. */
const PLACEHOLDER_ADDRESS = "@example.com>";

/** What stands against publishing as the repository says of itself. Pure. */
export function faultsOfPublishing({ repository, maintainer }: Omit<Publishing, "node">): readonly string[] {
  return [
    ...(repository === PLACEHOLDER
      ? ["package.json names no repository: set repository.url, which provenance is checked against"]
      : []),
    ...(maintainer.endsWith(PLACEHOLDER_ADDRESS)
      ? ["package.json names no maintainer: set author to a name and an <address>"]
      : []),
  ];
}

/** Reads what the repository says of itself. */
export function readPublishing(root: string): Publishing {
  const { repository, author } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly repository: { readonly url: string };
    readonly author: string;
  };
  const url = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
  return { repository: url, maintainer: author, node: NODE };
}
