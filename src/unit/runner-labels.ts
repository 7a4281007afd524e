import type { Arch } from "../runners/ports.ts";
import type { Configuration } from "./configuration.ts";

/** The configured labels and the charm's own, unique without regard to case. GitHub adds no labels itself. */
export function runnerLabels(
  { labels, baseImage }: Pick<Configuration, "labels" | "baseImage">,
  appName: string,
  arch: Arch,
): readonly string[] {
  // An image alias may contain characters that are invalid in a label.
  const imageName = baseImage.replaceAll(/[^\w.-]/g, "-");
  const all = ["self-hosted", "linux", arch, appName, imageName, ...labels];
  const byLowerCase = new Map(all.toReversed().map((label) => [label.toLowerCase(), label]));
  return [...byLowerCase.values()].reverse();
}
