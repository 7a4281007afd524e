import { createHash } from "node:crypto";
import type { ScaleSetSettings, UnitScaleSet } from "../github/index.ts";
import { githubPathText, ownerLabel } from "../github/index.ts";
import { unitSlug } from "../runners/runner-name.ts";
import type { Standing } from "../metrics/standing.ts";
import type { Memory } from "../runners/image-keeper.ts";
import type { Configuration } from "./configuration.ts";
import { scaleSetName, type HeardDemand } from "./demand.ts";
import type { QueueSource } from "./ports.ts";
import { runnerLabels } from "./runner-labels.ts";
import type { UnitContext } from "./unit-system.ts";

/** What the runner service hears demand from. */
export interface DemandOfUnit {
  readonly source: UnitScaleSet;
  /** GitHub's REST API. */
  readonly queue: QueueSource;
  /** What jobs may ask for in `runs-on`. */
  readonly labels: readonly string[];
  /** Identifies the scale set. */
  readonly key: string;
  readonly record: Memory<HeardDemand>;
  /** How the waits of its jobs stand. */
  readonly assignedWaits: Memory<Standing>;
  readonly close: () => Promise<void>;
}

type ScaleSetConfiguration = Pick<Configuration, "path" | "githubUrl" | "group" | "scaling"> &
  Partial<Pick<Configuration, "labels" | "baseImage">>;

/** The unit's scale set; undefined with a fixed number of runners. */
export function scaleSetSettings(
  configuration: ScaleSetConfiguration,
  context: UnitContext,
): ScaleSetSettings | undefined {
  const { scaling, labels = [], baseImage = "" } = configuration;
  if (scaling === undefined) return undefined;
  const { appName, system, unitName } = context;
  const own = ownerLabel(unitSlug(unitName), context.deployment);
  return {
    name: scaleSetName(scaling, context),
    labels: [
      ...runnerLabels({ labels, baseImage }, appName, system.arch).filter((label) => label !== ""),
      own,
    ],
    ownerLabel: own,
    owner: `${unitName} (${context.deployment.slice(0, 8)})`,
  };
}

/** Identifies the unit's scale set, with what GitHub does not change of one; "" without one. */
export function demandKey(
  { configuration }: { readonly configuration: ScaleSetConfiguration },
  context: UnitContext,
): string {
  const settings = scaleSetSettings(configuration, context);
  if (settings === undefined) return "";
  const { githubUrl, group, path } = configuration;
  const facts = [githubUrl, githubPathText(path), group, settings.name, [...settings.labels].sort()];
  return createHash("sha256").update(JSON.stringify(facts).toLowerCase()).digest("hex").slice(0, 12);
}
