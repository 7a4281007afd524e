import { Secret } from "charm-kit";
import type { RepositoryPolicy } from "../../unit/configuration.ts";
import { wrong } from "../configuration-faults.ts";
import { parseWebAddress } from "./web-address.ts";
import type { OptionReader } from "./option-reader.ts";

const NOBODY: RepositoryPolicy = { by: "nobody" };

/** Reads the policy; what is wrong with it the reader then knows. */
export function readPolicy(options: OptionReader): RepositoryPolicy {
  const kind = options.text("repo-policy");
  const token = options.text("repo-policy-compliance-token");
  const url = readUrl(options, kind === "external", token !== "");
  if (kind === "builtin") return { by: "charm" };
  return kind === "external" && url ? { by: "service", url, token: new Secret(token) } : NOBODY;
}

function readUrl(options: OptionReader, isNeeded: boolean, hasToken: boolean): string | undefined {
  const hasUrl = options.text("repo-policy-compliance-url") !== "";
  const why = isNeeded
    ? "missing, and repo-policy=external needs it"
    : "missing, while the other repo-policy-compliance option is set";
  if (!hasUrl && (isNeeded || hasToken)) options.refuse(wrong("repo-policy-compliance-url", why));
  if (!hasToken && (isNeeded || hasUrl)) options.refuse(wrong("repo-policy-compliance-token", why));
  if (!hasUrl) return undefined;
  return options.parse("repo-policy-compliance-url", (text) => parseWebAddress(text, { http: true }));
}
