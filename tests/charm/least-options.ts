import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { GithubRunnerTypes } from "../../src/charm/metadata.generated.ts";

/** Looks like a real one, so that leaks of it are found. */
export const TOKEN = "ghp_q7JX2mZ0tVw4Rk9sLbYc1uEaNfDgHiPo3S5x";

/** Looks like the ID of a Juju secret. */
export const SECRET_ID = "secret:9m4e2mr0ui3e8a215n4g";

const { options } = parse(readFileSync(join(import.meta.dirname, "../../config.yaml"), "utf8")) as {
  options: Record<string, { default: string | number | boolean }>;
};

/** What `config-get` answers for a charm on which nothing is set. */
export const DEFAULT_OPTIONS = Object.fromEntries(
  Object.entries(options).map(([name, option]) => [name, option.default]),
) as unknown as GithubRunnerTypes["options"];

/** Options with which the charm goes to work: the least that a person has to set, on a machine without the Internet. */
export const LEAST_OPTIONS = {
  ...DEFAULT_OPTIONS,
  path: "octo/hello",
  token: TOKEN,
  "instance-type": "container",
  "base-image": "my-base",
  "image-server": "local",
} as const;

/** A model without proxies. */
export const NO_PROXIES = { http: undefined, https: undefined, noProxy: undefined };
