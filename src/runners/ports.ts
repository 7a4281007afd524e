import type { Await, Secret } from "charm-kit";
import type { GuestPolicy } from "../guest/settings.ts";

/** Type of a runner's instance: the option `instance-type`. */
export type InstanceType = "container" | "virtual-machine";

/** A runner in GitHub's list. */
export interface Registration {
  readonly id: number;
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
  /**
   * Whether GitHub's entry lacks a part, so that nothing follows from it: such a runner is not deregistered, and not taken
   * for one without a job. @default false
   */
  readonly isUnreadable?: boolean;
}

/** How a new runner authenticates to GitHub. */
export type RunnerRegistration =
  /** GitHub has registered the runner. */
  | {
      readonly by: "just-in-time";
      readonly id: number;
      /** GitHub's `encoded_jit_config`: holds the private key of the runner. */
      readonly jitConfig: Secret;
    }
  /** The server has no just-in-time configuration: the runner registers itself by `config.sh`. */
  | {
      readonly by: "token";
      /** A registration token: valid for an hour, and for any number of runners. */
      readonly token: Secret;
      /** Runner group for `config.sh`; undefined for the default one. */
      readonly group: string | undefined;
    };

/** `busy`: GitHub keeps the registration of a runner that has a job. */
export type DeregisterOutcome = "gone" | "busy";

/** An archive of the runner application that GitHub offers. */
export interface RunnerApplication {
  readonly version: string;
  readonly filename: string;
  readonly downloadUrl: string;
  /** Hexadecimal. Some servers send none; such an archive is rejected. */
  readonly sha256: string | undefined;
  /** Short-lived bearer token for the download, if the server requires one. */
  readonly downloadToken: Secret | undefined;
}

/** The part of GitHub that a unit needs. */
export interface Forge {
  /** All registrations of the scope, including those of others. If one page fails, the list fails. */
  list(signal: AbortSignal): Promise<readonly Registration[]>;
  /**
   * Checks, without any change, that a runner can be registered: the runner group exists, and the token has access to it.
   *
   * @throws the error that {@link register} would fail with.
   */
  checkRegistration(signal: AbortSignal): Promise<void>;
  /** Registers a runner for one job, or lets it register itself. A name can be used for one attempt only. */
  register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration>;
  /** Deletes a registration; a missing one counts as gone. */
  deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome>;
  /** The runner application that GitHub offers for an architecture. */
  application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication>;
}

/** A path of one GitHub that runners registered in under an earlier configuration. */
export interface FormerScope {
  readonly key: string;
  /** Address of the path, such as `https://github.com/owner/repo`. */
  readonly name: string;
  /** The client, with the credentials of that time. */
  readonly forge: Forge;
  /** When the configuration changed to another scope, in milliseconds since the Unix epoch. */
  readonly leftAt: number;
  /** Whether jobs may still want runners there, so that it is not forgotten when it has none. @default false */
  readonly isNeeded?: boolean;
  /** Whether an error says that the scope refuses those credentials. */
  refuses(thrown: unknown): boolean;
  /** Told that a runner was made for a job there. */
  served(): Promise<void>;
  /** Told why no runner could be made for a job there: its jobs are no reason to make another one for a while. */
  failed(thrown: unknown): Promise<void>;
}

/**
 * Paths on GitHub in which the unit has registered runners. Each instance carries the key of its scope.
 */
export interface RegistrationScopes {
  /** Key of the scope for new runners; undefined while the configuration names none. */
  readonly present: string | undefined;
  /** Records the present scope with its credentials. Must come before the first registration there. */
  remember(): Promise<void>;
  /** Recorded scopes without the present one. */
  former(): Promise<readonly FormerScope[]>;
  /** Deletes a former scope and its credentials from the record. */
  forget(key: string): Promise<void>;
}

export type Arch = "x64" | "arm64";

/** State of an instance, reduced to the cases that matter for decisions. */
export type MachineState = "running" | "frozen" | "stopped" | "error";

/**
 * Progress of a runner's creation: `creating` until its application listens for jobs, then `ready`. An instance that a
 * later reconcile finds in `creating` was left behind by a killed process.
 */
export type MachinePhase = "creating" | "ready";

/** What all instances of the unit's runners carry, standby instances too. */
interface ListedInstance {
  readonly name: string;
  readonly state: MachineState;
  /** Hash of the configuration that the instance was created with. */
  readonly configHash: string;
  /** Milliseconds since the Unix epoch; of a former standby instance: when it became a runner. */
  readonly createdAt: number;
  /** Milliseconds since the Unix epoch after which the instance is replaced when it is not busy. */
  readonly deadline: number;
}

/**
 * A standby instance: cloned, started and waiting for its bootstrap payload. It has no registration, and so no token, no
 * name at GitHub and no job; it is no runner. A wanted runner takes it, and it becomes a {@link Machine} before GitHub
 * hears of it.
 */
export interface StandbyMachine extends ListedInstance {
  readonly phase: "standby";
}

/** A runner's instance on LXD. */
export interface Machine extends ListedInstance {
  readonly phase: MachinePhase;
  /** Key of the scope in which the runner was registered; "" for runners of versions that kept none. */
  readonly scopeKey: string;
  /** Since when the runner has been suspect, in milliseconds since the Unix epoch; undefined if it is not. */
  readonly suspectSince: number | undefined;
  /** Since when a reconcile sees the runner busy past its deadline, in milliseconds since the Unix epoch. */
  readonly busySince: number | undefined;
  /** Whether a stopped instance ran when LXD or the whole machine went down. @default false */
  readonly isCutOff?: boolean;
}

/** Facts on an instance that change during its life. */
export interface MachineNote {
  readonly phase?: MachinePhase;
  /** `null`: no longer suspect. */
  readonly suspectSince?: number | null;
  /** `null`: no longer busy. */
  readonly busySince?: number | null;
}

/** A directory of the host that is mounted in a guest, which can write to it. */
export interface SharedDirectory {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the guest. */
  readonly path: string;
}

/** The unit's instances on LXD: those of runners, and standby instances. */
export interface MachineList {
  readonly runners: readonly Machine[];
  readonly standby: readonly StandbyMachine[];
  /** The finished images by their templates, which are instances too; the newest first. */
  readonly images: readonly RunnerImage[];
  /** What is on members of the machine's LXD cluster that are off. @default nothing */
  readonly lost?: LostInstances;
}

/** Instances on members of the machine's LXD cluster that are off. */
export interface LostInstances {
  /** Names of all of them, other owners' too: LXD tells no more of them. */
  readonly names: readonly string[];
  /** Names of the application's units that have instances on members that answer, such as `runners/1`, and of this one. */
  readonly units: readonly string[];
  /** Name of this unit. */
  readonly unit: string;
}

/** What changes on a standby instance when a runner takes it. */
export interface Taking {
  readonly scopeKey: string;
  readonly deadline: number;
  /** When the runner is created, in milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** Everything that a runner's instance is created from. */
export interface MachineSpec extends StandbySpec {
  readonly scopeKey: string;
}

/** Everything that a standby instance is created from. */
export interface StandbySpec {
  readonly name: string;
  /** Name of the template to clone. */
  readonly template: string;
  readonly profiles: readonly string[];
  readonly configHash: string;
  readonly deadline: number;
  /** A directory in which files of the guest outlive it. @default none */
  readonly share?: SharedDirectory | undefined;
}

/** The guest's answer to a payload: the application listens for jobs, or it ended before with this exit code. */
export type BootstrapAnswer = "listening" | { readonly ended: number };

/**
 * Activity of the runner application in a running instance: it waits for a job, runs the job-started hook of one, runs
 * its steps, or has ended; `unknown` when the guest does not answer.
 */
export type GuestActivity = "waiting" | "job-started-hook" | "job" | "unknown" | { readonly ended: number };

/**
 * `refused`: the instance goes on, since LXD freezes nothing on a member of a cluster that is evacuated.
 */
export type FreezeOutcome = "done" | "refused";

/** Instances of this unit's runners on LXD. Instances of other owners are never listed or touched. */
export interface Machines {
  list(signal: AbortSignal): Promise<MachineList>;
  /** Clones the template and starts the clone. On failure nothing is left. */
  launch(spec: MachineSpec, signal: AbortSignal): Promise<void>;
  /** Like {@link Machines.launch}, for a standby instance, which waits for its payload once its system is up. */
  launchStandby(spec: StandbySpec, signal: AbortSignal): Promise<void>;
  /** Resolves when the guest of a running standby instance waits for its payload. */
  awaitStandby(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Makes a standby instance a runner's that is being created, in its present state. From then on, it is none that another
   * runner may take: its name is registered only afterwards.
   */
  take(name: string, taking: Taking, signal: AbortSignal): Promise<void>;
  /**
   * Delivers the bootstrap payload to the guest and resolves when the runner application listens for jobs, or has ended.
   *
   * @param payload standard input of the guest's program; holds secrets.
   * @param waitFor told who is being waited for, for the caller's deadline.
   */
  deliver(name: string, payload: Secret, signal: AbortSignal, waitFor?: Await): Promise<BootstrapAnswer>;
  /** Stores facts for the next reconcile on the instance. */
  note(name: string, note: MachineNote, signal: AbortSignal): Promise<void>;
  /** Asks the guest for the activity of its application. Costs a process in the guest: for suspect runners only. */
  inspect(name: string, signal: AbortSignal): Promise<GuestActivity>;
  /** Stops all processes of a running instance. No effect on other or missing instances. */
  freeze(name: string, signal: AbortSignal): Promise<FreezeOutcome>;
  /**
   * Continues a frozen instance. No effect on others, nor on an evacuated member of a cluster: there, LXD continues frozen
   * instances itself before it stops them.
   */
  unfreeze(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Stops and deletes an instance and checks that it is gone. A missing instance, or one of another owner, counts as
   * destroyed.
   */
  destroy(name: string, signal: AbortSignal): Promise<void>;
}

/** Stored logs of a runner. */
export interface KeptLogs {
  readonly runner: string;
  /** Milliseconds since the Unix epoch. */
  readonly pulledAt: number;
  /** Size of all files. */
  readonly bytes: number;
  /** Whether they are being written, or were when the process ended. */
  readonly isUnfinished: boolean;
}

/** The end of a runner that its capsule is kept for, with what was known of the runner. */
export interface Ending {
  readonly runner: string;
  /** Why the runner ended, or why the unit ended it; may quote the guest. */
  readonly cause: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The instance as LXD listed it last; undefined when it is gone, or was just created. */
  readonly machine?: Machine | undefined;
  /** The runner as GitHub listed it last. */
  readonly registration?: Registration | undefined;
  /** What the guest said when it was asked. */
  readonly activity?: GuestActivity | undefined;
  /** What the guest has written down. */
  readonly report?: GuestReport | undefined;
}

/** Storage for logs of crashed runners, on the host. */
export interface RunnerLogs {
  /**
   * Copies the journal and the runner application's diagnostics of a running instance to the host. Replaces earlier logs
   * of the runner.
   *
   * @returns the directory of the logs.
   */
  pull(name: string, signal: AbortSignal): Promise<string>;
  /**
   * Keeps a capsule of a runner that has ended or is about to be removed: a report, the console, and of an instance that is
   * still there, running or stopped, the journal and the diagnostics as far as they can be read. Replaces earlier logs.
   *
   * @returns the directory of the capsule.
   */
  keep(ending: Ending, signal: AbortSignal): Promise<string>;
  /** What the guest of a runner that did not become ready says of itself, for a message; undefined if it says nothing. */
  lastWords(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** All stored logs, including those of other units' runners. */
  kept(): Promise<readonly KeptLogs[]>;
  /** Deletes the logs of a runner. */
  delete(name: string): Promise<void>;
}

/**
 * Parts of a runner's start, which partly overlap: LXD clones and starts the instance, its system boots until it takes the
 * payload, GitHub registers the runner, and the application comes online.
 */
export type StartStage = "cloned" | "booted" | "registered" | "online";

/** What happened to a runner. */
export type LifeEvent =
  | { readonly event: "creating" }
  | { readonly event: "registered"; readonly id: number }
  /** Its instance runs. */
  | { readonly event: "started" }
  /** It listens for jobs. */
  | { readonly event: "online"; readonly seconds: number }
  | { readonly event: "failed"; readonly reason: string }
  /** Untrusted: the guest's word. */
  | {
      readonly event: "job";
      readonly repository: string;
      readonly workflow: string;
      readonly runId: number;
    }
  /** Its application ended. Untrusted: the guest's word. */
  | { readonly event: "ended"; readonly status: string; readonly code?: number | undefined }
  /** The unit found it ended. */
  | { readonly event: "found"; readonly cause: string }
  /** The unit decided to remove it. */
  | { readonly event: "decided"; readonly reason: string; readonly activity?: string | undefined }
  /** It has a job after all, and stays. */
  | { readonly event: "stays" }
  /** The unit removes it: no longer registered, so that it gets no job. */
  | { readonly event: "removing" }
  | { readonly event: "removed" }
  | { readonly event: "kept"; readonly directory: string };

/** A moment of a runner's life. */
export type LifeMoment = LifeEvent & {
  readonly runner: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
};

/** The unit's record of its runners' lives, bounded: the oldest moments are forgotten. */
export interface RunnerHistory {
  add(moments: readonly LifeMoment[]): Promise<void>;
  /** All moments in the order in which they were added. */
  read(): Promise<readonly LifeMoment[]>;
}

/** Result of one reconcile. */
export interface Round {
  /** Names of the live runners. */
  readonly runners: readonly string[];
  /** Names of runners that have stopped and are still there: the next reconcile reads in their records how they ended. */
  readonly stopped: readonly string[];
  /** Names of the standby instances. */
  readonly standby: readonly string[];
  readonly idle: number;
  readonly busy: number;
  /** The wanted number. */
  readonly wanted: number;
  readonly tookMs: number;
}

/** A runner that ended by itself, without a job. */
export interface EarlyEnd {
  readonly name: string;
  /** Exit code of the application; undefined when the instance ended without a word of it. */
  readonly code: number | undefined;
  /** How long the runner was ready, in seconds. */
  readonly seconds: number;
  /** Untrusted: the end of the application's output in one line of printable ASCII; empty if there is none. */
  readonly output: string;
}

/** What a guest has written down of its life. Untrusted. */
export interface GuestReport {
  /** Since when the runner has been ready, in milliseconds since the Unix epoch. */
  readonly readyAt: number;
  readonly job:
    | { readonly repository: string; readonly workflow: string; readonly runId: number; readonly at: number }
    | undefined;
  /** How the application ended; undefined when it did not say so. */
  readonly end:
    { readonly status: string; readonly code: number | undefined; readonly at: number } | undefined;
  /** The end of the application's output in one line of printable ASCII; empty if there is none. */
  readonly output: string;
  /** Whether the application ended by itself without a job, other than by GitHub's wish. */
  readonly isEarly: boolean;
  /** Whether the guest's records were lost with the machine's memory. */
  readonly isLost: boolean;
}

/** Reports the life of runners. Best effort: a failure here never fails the reported operation. */
export interface RunnerMetrics {
  /** Creates the directory for a runner's metrics; undefined if that is not possible. */
  share(name: string, signal: AbortSignal): Promise<SharedDirectory | undefined>;
  /**
   * Which of the runners say that their application has ended, and since when, in milliseconds since the Unix epoch.
   * Untrusted: these words come from the guest, their times from the machine.
   */
  ended(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Whether GitHub says that the job has ended of which a runner's guest has told. GitHub is asked now and then.
   *
   * @returns false where nobody knows.
   */
  jobEnded(name: string, signal: AbortSignal): Promise<boolean>;
  /**
   * A runner listens for jobs.
   *
   * @param stages how long the parts of its start took, in milliseconds.
   */
  installed(
    name: string,
    tookMs: number,
    stages?: Readonly<Partial<Record<StartStage, number>>>,
  ): Promise<void>;
  /**
   * A reconcile is done: reports the metrics that removed runners left, and deletes their directories.
   *
   * @returns those of them whose application ended by itself, without a job.
   */
  reconciled(round: Round, signal: AbortSignal): Promise<readonly EarlyEnd[]>;
  /** Names of runners whose records are there: live ones, and those that are not reported yet. */
  recorded(): Promise<readonly string[]>;
  /** A runner's record as it is now; undefined when it has none, or none that can be read. */
  report(name: string): Promise<GuestReport | undefined>;
  /** Reports the metrics of the last runners, which must be gone, and deletes all files of the unit. */
  remove(signal: AbortSignal): Promise<void>;
}

/** The base system of a runner image. */
export interface BaseImage {
  /** Address of the simplestreams server; undefined for an image in the local LXD store. */
  readonly server: string | undefined;
  readonly alias: string;
}

/** Everything that determines the content of a runner image. */
export interface ImageRecipe {
  readonly base: BaseImage;
  readonly arch: Arch;
  readonly application: { readonly version: string; readonly archivePath: string };
  /** Hash of all inputs; images with the same key differ only in the age of their packages. */
  readonly key: string;
  /** Hash of the guest programs in it. Only a charm with the same guest programs can start runners from this image. */
  readonly programs: string;
  /** Run as root in the builder with the runner application's archive at `/root/runner.tar.gz`. */
  readonly buildScript: string;
  /** Run as root in the template after its first start, to remove its identity. */
  readonly cleanScript: string;
}

/** A finished runner image with its template. */
export interface RunnerImage {
  /** LXD's fingerprint of the image. */
  readonly fingerprint: string;
  /** Name of its template instance, which runners are cloned from. */
  readonly template: string;
  /** Key of the recipe that it was built by. */
  readonly recipe: string;
  /** Hash of the guest programs in it. */
  readonly programs: string;
  /** Milliseconds since the Unix epoch. */
  readonly builtAt: number;
}

/** Runner images and templates of this unit. */
export interface Images {
  /** The finished images with their templates, the newest first. */
  list(signal: AbortSignal): Promise<readonly RunnerImage[]>;
  /**
   * Builds an image and its template, even if one of the recipe exists. A failed build keeps the existing images and
   * leaves at most a finished image, from which the next attempt creates the template.
   */
  build(recipe: ImageRecipe, progress: (step: string) => void, signal: AbortSignal): Promise<RunnerImage>;
  /**
   * Deletes images, templates and remains of earlier builds, except the images in `keep` with their templates. A template that LXD is copying is
   * kept until the next time.
   */
  prune(keep: readonly RunnerImage[], signal: AbortSignal): Promise<void>;
}

/** Verified archives of the runner application on the unit's machine. */
export interface Archives {
  /**
   * Downloads an archive unless it is stored already.
   *
   * @returns the path of the archive.
   */
  fetch(application: RunnerApplication, signal: AbortSignal): Promise<string>;
}

/** A service that decides whether a repository may use the runners. */
export interface PolicyService {
  /** The address for the check of one runner, and a token for it. */
  access(signal: AbortSignal): Promise<GuestPolicy>;
}

/** CPU, memory and disk of an instance. */
export interface MachineResources {
  readonly cpu: number;
  /** A positive integer and a unit, KiB to EiB. */
  readonly memory: string;
  /** A positive integer and a unit, KiB to EiB. */
  readonly disk: string;
}

/** Allows one reconcile of the unit at a time. The lock of a process ends with the process. */
export interface Lock {
  /** @param work gets a signal that is aborted once another process waits for the lock. */
  run<T>(work: (wanted: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}
