import type { Logger } from "charm-kit";
import type { LeftScaleSets, UnitScaleSet } from "../github/index.ts";
import type { Credentials } from "../github/credentials.ts";
import type { Host } from "../host/host.ts";
import type { LogRotation } from "../metrics/log-rotation.ts";
import type { Standing } from "../metrics/standing.ts";
import type { ImageKeeper, Memory } from "../runners/image-keeper.ts";
import type { LogKeeper } from "../runners/log-keeper.ts";
import type { PolicyService, RunnerHistory } from "../runners/ports.ts";
import type { Lock, RunnerManager } from "../runners/runner-manager.ts";
import type { Configuration } from "./configuration.ts";
import type { HeardDemand } from "./demand.ts";
import type { EarlyEnds } from "./early-ends.ts";
import type { FormerPaths } from "./former-paths.ts";
import type { InstalledOptions } from "./installed-options.ts";
import type { Integrations } from "./integrations.ts";
import type { ClusterMembership, Firewall, Infrastructure, QueueSource, ServerLogs } from "./ports.ts";
import type { SettingsFile } from "./settings-file.ts";
import type { Telemetry } from "./telemetry.ts";
import type { UnitSystem } from "./unit-system.ts";

/** The services and settings of a workload. */
export interface WorkloadDependencies {
  readonly system: UnitSystem;
  readonly appName: string;
  readonly configuration: Configuration;
  readonly host: Pick<Host, "prepare" | "shortages" | "memory" | "mayReboot">;
  readonly integrations: Integrations;
  readonly credentials: Credentials;
  /** Whoever checks repositories before their jobs, if somebody does. */
  readonly policy: PolicyService | undefined;
  readonly images: ImageKeeper;
  readonly cluster: ClusterMembership;
  readonly infrastructure: Infrastructure;
  readonly firewall: Firewall;
  readonly manager: RunnerManager;
  readonly rotation: Pick<LogRotation, "ensure">;
  readonly logs: Pick<LogKeeper, "sweep">;
  readonly serverLogs: ServerLogs;
  /** Option values that the first install has fixed. */
  readonly installed: Memory<InstalledOptions>;
  /** Runners that ended at once. */
  readonly earlyEnds: Memory<EarlyEnds>;
  /** What GitHub told of the jobs of the unit's scale set. */
  readonly demand: Memory<HeardDemand>;
  /** GitHub's queue, and the unit's scale set. */
  readonly github: {
    readonly queue: QueueSource;
    readonly scaleSet:
      Pick<UnitScaleSet, "ensure" | "formerFigures" | "formerNotices" | "glance" | "name"> | undefined;
    /** Scale sets from before the number of runners was fixed. @default there are none */
    readonly unusedScaleSets?: Pick<LeftScaleSets, "release"> | undefined;
  };
  /** Paths that the unit has left, whose jobs may still want runners. */
  readonly formerPaths: Pick<FormerPaths, "close" | "demand" | "read">;
  readonly history: Pick<RunnerHistory, "read">;
  /** How the unit stands against its objective in this month. */
  readonly standing: () => Promise<Standing>;
  /** Identifies the unit's scale set; "" without one. */
  readonly demandKey: string;
  /** Hooks and the runner service take turns at pool, bridge and firewall. */
  readonly readyLock: Lock;
  /** The settings of the unit's runner service. */
  readonly service: Pick<SettingsFile, "pause" | "resume">;
  /** Leaves the making of standby instances to the unit's runner service; false where none is at work. */
  readonly leaveStandby: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Logger;
  /** Told of the image, for metrics. @default nobody is told */
  readonly telemetry?: Pick<Telemetry, "onImage"> | undefined;
  /** Reports progress. */
  readonly step: (message: string) => void;
  readonly close: () => Promise<void>;
}
