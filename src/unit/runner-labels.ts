import type { Arch } from "../runners/ports.ts";
import type { Configuration } from "./configuration.ts";

/** Labels that the charm adds to the operator's, without doubles in another case. GitHub adds none of its own. */
export function runnerLabels(
  { labels, baseImage }: Pick<Configuration, "labels" | "baseImage">,
  appName: string,
  arch: Arch,
): readonly string[] {
  // The alias of an image may have what a label may not.
  const imageName = baseImage.replaceAll(/[^\w.-]/g, "-");
  const all = ["self-hosted", "linux", arch, appName, imageName, ...labels];
  const byLowerCase = new Map(all.toReversed().map((label) => [label.toLowerCase(), label]));
  return [...byLowerCase.values()].reverse();
}
