import type { Secret } from "charm-kit";

/** The kind of instance that a runner is. Option `instance-type`. */
export type InstanceType = "container" | "virtual-machine";

/** GitHub's view of a runner, as its API lists it. */
export interface Registration {
  readonly id: number;
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
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

/** Whether GitHub gave the registration up. It keeps that of a runner that has a job. */
export type DeregisterOutcome = "gone" | "busy";

/** An archive of the runner application that GitHub offers. */
export interface RunnerApplication {
  readonly version: string;
  readonly filename: string;
  readonly downloadUrl: string;
  /** Hexadecimal. GitHub leaves it out on some servers; such an archive is refused. */
  readonly sha256: string | undefined;
  /** Short-lived bearer for the download, where the server wants one. */
  readonly downloadToken: Secret | undefined;
}

/** GitHub, as far as a unit needs it. */
export interface Forge {
  /** All registrations of the scope, other people's among them. A page that fails fails the list. */
  list(signal: AbortSignal): Promise<readonly Registration[]>;
  /** Registers a runner for one job, or lets it register itself. A name is good for one attempt. */
  register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration>;
  /** Deletes a registration; one that is not there counts as gone. */
  deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome>;
  /** The runner applications that GitHub offers for an architecture. */
  application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication>;
}

/** A path of one GitHub that runners registered in under an earlier configuration. */
export interface FormerScope {
  readonly key: string;
  /** The client, with the credentials of that time. */
  readonly forge: Forge;
  /** When the configuration changed to another scope, in milliseconds since the Unix epoch. */
  readonly leftAt: number;
  /** Whether an error says that the scope refuses those credentials. */
  refuses(thrown: unknown): boolean;
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

/** States of an instance, folded to what decisions need. */
export type MachineState = "running" | "frozen" | "stopped" | "error";

/**
 * How far a runner's creation got: `creating` until its application has listened for jobs, then `ready`. An instance
 * that a later reconcile finds `creating` was left behind by a killed one.
 */
export type MachinePhase = "creating" | "ready";

/** LXD's view of a runner. */
export interface Machine {
  readonly name: string;
  readonly state: MachineState;
  readonly phase: MachinePhase;
  /** Fingerprint of the configuration the runner was made with. */
  readonly configHash: string;
  /** Key of the scope in which the runner was registered; "" for runners of versions that kept none. */
  readonly scopeKey: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** Milliseconds since the Unix epoch after which the runner is no longer wanted, whatever it does. */
  readonly deadline: number;
  /** Since when the runner has been suspect, in milliseconds since the Unix epoch; undefined if it is not. */
  readonly suspectSince: number | undefined;
}

/** What changes on an instance while it lives. */
export interface MachineNote {
  readonly phase?: MachinePhase;
  /** `null`: no longer suspect. */
  readonly suspectSince?: number | null;
}

/** A directory of the host that a guest sees, and writes to. */
export interface SharedDirectory {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the guest. */
  readonly path: string;
}

/** What a runner's instance is made from. */
export interface MachineSpec {
  readonly name: string;
  /** Name of the template to clone. */
  readonly template: string;
  readonly profiles: readonly string[];
  readonly configHash: string;
  readonly scopeKey: string;
  readonly deadline: number;
  /** What the guest may leave something in that survives it. @default nothing */
  readonly share?: SharedDirectory | undefined;
}

/** The guest's answer to a payload: the application listens for jobs, or it ended before with this exit code. */
export type BootstrapAnswer = "listening" | { readonly ended: number };

/**
 * Activity of the runner application in a running instance: it waits for a job, runs the job-started hook of one, runs
 * its steps, or has ended; `unknown` when the guest does not answer.
 */
export type GuestActivity = "waiting" | "job-started-hook" | "job" | "unknown" | { readonly ended: number };

/** Instances of this unit's runners on LXD. Nothing of other owners is listed or touched. */
export interface Machines {
  list(signal: AbortSignal): Promise<readonly Machine[]>;
  /** Clones the template and starts the clone. On failure nothing is left. */
  launch(spec: MachineSpec, signal: AbortSignal): Promise<void>;
  /**
   * Delivers the bootstrap payload to the guest and resolves when the runner application listens for jobs, or has ended.
   *
   * @param payload standard input of the guest's program; holds secrets.
   */
  deliver(name: string, payload: Secret, signal: AbortSignal): Promise<BootstrapAnswer>;
  /** Writes facts on the instance that the next reconcile reads back. */
  note(name: string, note: MachineNote, signal: AbortSignal): Promise<void>;
  /** Asks the guest for the activity of its application. Costs a process in the guest: for suspect runners only. */
  inspect(name: string, signal: AbortSignal): Promise<GuestActivity>;
  /** Stops all processes of a running instance; one that does not run, or is not there, is left as it is. */
  freeze(name: string, signal: AbortSignal): Promise<void>;
  /** Lets a frozen instance go on; any other is left as it is. */
  unfreeze(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Ends and deletes an instance and checks that it is gone. One that is not there, or is somebody else's, counts as
   * destroyed.
   */
  destroy(name: string, signal: AbortSignal): Promise<void>;
}

/** Logs of a runner that are kept on the host. */
export interface KeptLogs {
  readonly runner: string;
  /** Milliseconds since the Unix epoch. */
  readonly pulledAt: number;
}

/** Where the logs of runners that crashed are kept. */
export interface RunnerLogs {
  /**
   * Copies the journal and the runner application's diagnostics of a running instance to the host, in place of what was
   * pulled before.
   *
   * @returns the directory that they are in.
   */
  pull(name: string, signal: AbortSignal): Promise<string>;
  /** What is there, of other units' runners too. */
  kept(): Promise<readonly KeptLogs[]>;
  /** Deletes what is kept of a runner. */
  delete(name: string): Promise<void>;
}

/** What one reconcile came to. */
export interface Round {
  /** Names of the runners that are alive. */
  readonly runners: readonly string[];
  readonly idle: number;
  readonly busy: number;
  /** The wanted number. */
  readonly wanted: number;
  readonly tookMs: number;
}

/** Tells what becomes of runners. It is wanted, not needed: none of it fails what it tells of. */
export interface RunnerMetrics {
  /** Makes the directory in which a runner tells of its job; undefined where it cannot be had. */
  share(name: string, signal: AbortSignal): Promise<SharedDirectory | undefined>;
  /** A runner listens for jobs. */
  installed(name: string, tookMs: number): Promise<void>;
  /** A reconcile is done: tells what runners that are gone have left, and takes their directories away. */
  reconciled(round: Round, signal: AbortSignal): Promise<void>;
  /** Tells what the last runners have left, and takes away all that it keeps for the unit. They have to be gone. */
  remove(signal: AbortSignal): Promise<void>;
}

/** The system that a runner image is built from. */
export interface BaseImage {
  /** Address of the simplestreams server that LXD fetches it from; undefined for an image in the local LXD store. */
  readonly server: string | undefined;
  readonly alias: string;
}

/** Everything that decides what a runner image holds. */
export interface ImageRecipe {
  readonly base: BaseImage;
  readonly arch: Arch;
  readonly application: { readonly version: string; readonly archivePath: string };
  /** Fingerprint of all inputs; two recipes with the same key differ in the age of the packages alone. */
  readonly key: string;
  /** Hash of the guest programs in it. Only a charm with the same guest programs can start runners from this image. */
  readonly programs: string;
  /** Run as root in the builder with the runner application's archive at `/root/runner.tar.gz`. */
  readonly buildScript: string;
  /** Run as root in the template after its first start, to take its identity away. */
  readonly cleanScript: string;
}

/** A runner image that is ready to be cloned from. */
export interface RunnerImage {
  /** LXD's fingerprint of the image. */
  readonly fingerprint: string;
  /** Name of the template instance made from it. */
  readonly template: string;
  /** Key of the recipe that it was built by. */
  readonly recipe: string;
  /** Fingerprint of the charm's programs in it. */
  readonly programs: string;
  /** Milliseconds since the Unix epoch. */
  readonly builtAt: number;
}

/** Runner images and templates of this unit. */
export interface Images {
  /** The finished images with their templates, the newest first. */
  list(signal: AbortSignal): Promise<readonly RunnerImage[]>;
  /**
   * Builds an image and its template, whether there is one of the recipe or not. A build that fails keeps the images that
   * are there; of its own it leaves at most a finished image, from which the next attempt makes the template.
   */
  build(recipe: ImageRecipe, progress: (step: string) => void, signal: AbortSignal): Promise<RunnerImage>;
  /**
   * Deletes images, templates and left-overs of earlier builds, but those of `keep`. A template that LXD is copying from
   * stays for the next time.
   */
  prune(keep: RunnerImage | undefined, signal: AbortSignal): Promise<void>;
}

/** Verified archives of the runner application on the unit's machine. */
export interface Archives {
  /**
   * Fetches an archive unless it is there.
   *
   * @returns the path of the archive.
   */
  fetch(application: RunnerApplication, signal: AbortSignal): Promise<string>;
}

/** An external service that says whether a repository may use the runners. */
export interface PolicyService {
  /** Where runners ask it. */
  readonly url: string;
  /** Asks for a token that is good for the check of one runner. */
  oneTimeToken(signal: AbortSignal): Promise<Secret>;
}

/** CPU, memory and disk of an instance. */
export interface MachineResources {
  readonly cpu: number;
  /** A positive integer and a unit, KiB to EiB. */
  readonly memory: string;
  /** A positive integer and a unit, KiB to EiB. */
  readonly disk: string;
}
