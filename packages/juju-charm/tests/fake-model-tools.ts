import type { CloudSpec } from "../src/tools/cloud-spec.ts";
import type { GoalState } from "../src/tools/goal-state.ts";
import type { HookTools } from "../src/tools/hook-tools.ts";
import type { NetworkInfo, NetworkTools, PortRange } from "../src/tools/network-tools.ts";
import type {
  SecretContent,
  SecretGrant,
  SecretInfo,
  SecretMetadata,
  SecretOwner,
  SecretReference,
  SecretRevision,
  SecretRevocation,
  SecretTools,
} from "../src/tools/secret-tools.ts";
import type { StateTools } from "../src/tools/state-tools.ts";
import type { StorageTools } from "../src/tools/storage-tools.ts";
import type { RebootTime } from "../src/tools/model-tools.ts";
import { Secret } from "charm-kit";

/** A secret that the unit owns. */
export interface OwnedSecret {
  readonly owner: SecretOwner;
  metadata: SecretMetadata;
  readonly revisions: (Readonly<Record<string, string>> | undefined)[];
  readonly grants: SecretGrant[];
}

/** The part of the in-memory unit agent for secrets, storage, networks and the unit's state. */
export class FakeModelTools implements SecretTools, StorageTools, NetworkTools, StateTools {
  /** Fields of granted secrets, by URI or label. */
  readonly secrets = new Map<string, Readonly<Record<string, string>>>();
  /** Newer revisions of granted secrets, for `latest` and `peek`. */
  readonly newerSecrets = new Map<string, Readonly<Record<string, string>>>();
  /** Secrets that the unit owns, by bare ID. */
  readonly owned = new Map<string, OwnedSecret>();
  /** Locations by storage ID, such as `runner/0`. */
  readonly storages = new Map<string, string>();
  /** Number of requested storage instances, by name. */
  readonly requested = new Map<string, number>();
  /** Paths of resources. */
  readonly resources = new Map<string, string>();
  readonly networks = new Map<string, NetworkInfo>();
  readonly ports = new Map<string, PortRange>();
  readonly serverState = new Map<string, string>();
  goals: GoalState = { units: {}, relations: {} };
  cloud: CloudSpec | undefined;
  reboots = 0;
  /** Time of the last requested reboot. */
  rebootTime: RebootTime | undefined;
  /** All tool calls, in order. */
  readonly calls: string[] = [];
  readonly #failures = new Map<string, Error>();

  /** Makes every call of a member throw. */
  fail(member: keyof HookTools, error: Error): void {
    this.#failures.set(member, error);
  }

  async secretGet(secret: string | SecretReference, revision: SecretRevision): Promise<SecretContent> {
    return this.call("secretGet", () => {
      const name = nameOf(secret);
      const newer = revision === "tracked" ? undefined : this.newerSecrets.get(name);
      const fields = newer ?? this.owned.get(bare(name))?.revisions.at(-1) ?? this.secrets.get(name);
      if (!fields) throw new Error(`secret "${name}" not found`);
      if (newer && revision === "latest") this.secrets.set(name, newer);
      return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, new Secret(value)]));
    });
  }

  async secretInfo(secret: SecretReference): Promise<SecretInfo> {
    return this.call("secretInfo", () => {
      const found = [...this.owned].find(
        ([id, { metadata }]) => id === bare(nameOf(secret)) || metadata.label === nameOf(secret),
      );
      if (!found) throw new Error(`secret "${nameOf(secret)}" not found`);
      const [id, { owner, metadata, revisions }] = found;
      const { label, description, rotate: rotation, expire } = metadata;
      const expires = expire instanceof Date ? expire : undefined;
      const revision = revisions.length;
      return { id, revision, owner, label, description, rotation, expires, rotates: undefined, access: [] };
    });
  }

  async secretIDs(): Promise<readonly string[]> {
    return this.call("secretIDs", () => [...this.owned.keys()]);
  }

  async secretAdd(content: SecretContent, owner: SecretOwner, metadata: SecretMetadata): Promise<string> {
    return this.call("secretAdd", () => {
      const id = String(this.owned.size + 1).padStart(20, "s");
      this.owned.set(id, { owner, metadata, revisions: [reveal(content)], grants: [] });
      return `secret://0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11/${id}`;
    });
  }

  async secretSet(id: string, changes: SecretMetadata & { readonly content?: SecretContent }): Promise<void> {
    return this.call("secretSet", () => {
      const { content, ...metadata } = changes;
      const secret = this.#ownedSecret(id);
      secret.metadata = { ...secret.metadata, ...metadata };
      if (content) secret.revisions.push(reveal(content));
    });
  }

  async secretGrant(id: string, to: SecretGrant): Promise<void> {
    return this.call("secretGrant", () => void this.#ownedSecret(id).grants.push(to));
  }

  async secretRevoke(id: string, from: SecretRevocation): Promise<void> {
    return this.call("secretRevoke", () => {
      const { grants } = this.#ownedSecret(id);
      const kept = grants.filter((grant) => JSON.stringify(grant) !== JSON.stringify(from));
      grants.splice(0, grants.length, ...kept);
    });
  }

  async secretRemove(id: string, revision?: number): Promise<void> {
    return this.call("secretRemove", () => {
      if (revision === undefined) this.owned.delete(bare(id));
      else this.#ownedSecret(id).revisions[revision - 1] = undefined;
    });
  }

  async storageList(name?: string): Promise<readonly string[]> {
    return this.call("storageList", () =>
      [...this.storages.keys()].filter((id) => name === undefined || id.startsWith(`${name}/`)),
    );
  }

  async storageGet(id: string): Promise<{ readonly kind: string; readonly location: string }> {
    return this.call("storageGet", () => {
      const location = this.storages.get(id);
      if (location === undefined) throw new Error(`storage "${id}" not found`);
      return { kind: "filesystem", location };
    });
  }

  async storageAdd(name: string, count: number): Promise<void> {
    return this.call("storageAdd", () => {
      this.requested.set(name, (this.requested.get(name) ?? 0) + count);
    });
  }

  async resourceGet(name: string): Promise<string> {
    return this.call("resourceGet", () => {
      const path = this.resources.get(name);
      if (path === undefined) throw new Error(`resource "${name}" not found`);
      return path;
    });
  }

  async networkGet(binding: string): Promise<NetworkInfo> {
    return this.call("networkGet", () => {
      const network = this.networks.get(binding);
      if (!network) throw new Error(`no network config found for binding "${binding}"`);
      return network;
    });
  }

  async unitGet(address: "private-address" | "public-address"): Promise<string> {
    return this.call("unitGet", () => (address === "private-address" ? "10.0.0.5" : "192.0.2.5"));
  }

  async openPort(port: PortRange): Promise<void> {
    return this.call("openPort", () => void this.ports.set(JSON.stringify(port), port));
  }

  async closePort(port: PortRange): Promise<void> {
    return this.call("closePort", () => void this.ports.delete(JSON.stringify(port)));
  }

  async openedPorts(): Promise<readonly PortRange[]> {
    return this.call("openedPorts", () => [...this.ports.values()]);
  }

  async stateGet(): Promise<Readonly<Record<string, string>>> {
    return this.call("stateGet", () => Object.fromEntries(this.serverState));
  }

  async stateSet(data: Readonly<Record<string, string>>): Promise<void> {
    return this.call("stateSet", () => {
      for (const [key, value] of Object.entries(data)) this.serverState.set(key, value);
    });
  }

  async stateDelete(key: string): Promise<void> {
    return this.call("stateDelete", () => void this.serverState.delete(key));
  }

  async goalState(): Promise<GoalState> {
    return this.call("goalState", () => this.goals);
  }

  async credentialGet(): Promise<CloudSpec> {
    return this.call("credentialGet", () => {
      if (!this.cloud) throw new Error("cannot access cloud credentials: permission denied");
      return this.cloud;
    });
  }

  async reboot(time: RebootTime = "after-hook"): Promise<void> {
    return this.call("reboot", () => {
      this.reboots += 1;
      this.rebootTime = time;
    });
  }

  /** Resolves asynchronously, like a real tool. */
  protected async call<T>(member: keyof HookTools, work: () => T): Promise<T> {
    this.calls.push(member);
    await Promise.resolve();
    const failure = this.#failures.get(member);
    if (failure) throw failure;
    return work();
  }

  #ownedSecret(id: string): OwnedSecret {
    const secret = this.owned.get(bare(id));
    if (!secret) throw new Error(`secret "${id}" not found`);
    return secret;
  }
}

function nameOf(secret: string | SecretReference): string {
  if (typeof secret === "string") return secret;
  return "id" in secret ? secret.id : secret.label;
}

function bare(uri: string): string {
  return uri.replace(/^.*[:/]/, "");
}

function reveal(content: SecretContent): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, value.reveal()]));
}
