import type { CharmMetadata } from "../metadata/index.ts";
import type { Architecture } from "./architecture.ts";

/** `<charm>_<bases>_<architecture>.charm`, such as `github-runner_ubuntu-22.04-24.04_amd64.charm`. */
export function archiveName({ name, bases }: CharmMetadata, architecture: Architecture): string {
  const systems = [...new Set(bases.map((base) => base.name))];
  const parts = systems.map((system) => {
    const channels = bases.filter((base) => base.name === system).map(({ channel }) => channel);
    return [system, ...channels].join("-");
  });
  return `${name}_${parts.join("_")}_${architecture}.charm`;
}
