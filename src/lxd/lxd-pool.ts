import { setTimeout as sleep } from "node:timers/promises";
import { withDeadline } from "charm-kit";
import type { Config, LxdClient, StoragePool } from "lxd-client";
import type { RunnerCapacity } from "../unit/ports.ts";
import { absentAsUndefined } from "./absent.ts";
import { discardInstance } from "./image-instance.ts";
import { namingMissingProgram } from "./missing-program.ts";
import { createInCluster, downMemberOf, isUnfinished } from "./own-member.ts";
import { isUsedBy, refuseForeign } from "./other-owners.ts";
import { describeOwner, isForeign, KEYS, ownerKey, ownerText, type Owner } from "./ownership.ts";
import {
  capacityOf,
  replacementsThatFit,
  spaceNeed,
  standbyThatFits,
  type PoolCapacity,
} from "./pool-space.ts";
import type { KnownPool, PoolBacking, PoolStore } from "./pool-store.ts";
import { byPreference } from "./storage-drivers.ts";

export interface LxdPoolOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  readonly name: string;
  readonly store: PoolStore;
}

/** What of a unit's runners its pool can hold. */
export interface PooledRunners extends PoolCapacity {
  /** Of the runners in place of lost ones. */
  readonly replacements: PoolCapacity;
  /** Number of standby instances. */
  readonly standby: number;
}

/** LXD retries the mount of a pool every minute. */
const AVAILABLE_MS = 100_000;
const POLL_MS = 500;

/** The storage pool of one unit. */
export class LxdPool {
  readonly #options: LxdPoolOptions;

  constructor(options: LxdPoolOptions) {
    this.#options = options;
  }

  /**
   * Creates a missing pool on the unit's backing storage.
   *
   * @param release deletes the unit's objects that refer to the pool, except instances.
   * @returns what of the runners, replacements and standby instances it can hold.
   * @throws `PoolTooSmallError` before LXD has anything, when it can hold none of them.
   */
  async ensure(
    { count, replacements = 0, standby, resources }: RunnerCapacity,
    release: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<PooledRunners> {
    const { client, name, store } = this.#options;
    const { disk } = resources;
    const need = spaceNeed(count === 0 ? 0 : count + replacements + standby, disk);
    const capacity = ({ driver, isShared }: PoolBacking, present: number, used: number) => {
      const space = { driver, isShared, present };
      return {
        ...capacityOf(count, disk, space),
        replacements: replacementsThatFit({ runners: count, replacements, disk }, space),
        standby: standbyThatFits({ runners: count + replacements, standby, disk }, space, used),
      };
    };
    const { storageDrivers } = await client.server.info(signal);
    const drivers = byPreference(storageDrivers);
    const pools = await this.#list(signal);
    const known = pools.find((pool) => pool.name === name && !isUnfinished(pool));
    if (known) refuseForeign(`storage pool '${name}'`, known.config, this.#options.owner);
    const sources = pools.flatMap(({ name: other, config }) =>
      other === name ? [] : (config["source"] ?? []),
    );
    let backing = await store.prepare({ drivers, need, sources, known: known && knownPool(known) }, signal);
    if (known && (!backing.lost || (await this.#forget(release, signal)) === "kept")) {
      if (known.status === "Unavailable") await this.#awaitAvailable(signal);
      const { space } = await client.storagePools.resources(name, signal);
      return capacity(backing, space.total, space.used);
    }
    if (known) backing = await store.prepare({ drivers, need, sources, known: undefined }, signal);
    const created = capacity(backing, backing.room, 0);
    await this.#create(backing, signal);
    return created;
  }

  /** Checks that LXD responds and that the pool's backing storage is mounted. */
  async check(signal: AbortSignal): Promise<void> {
    const known = await absentAsUndefined(this.#read(signal));
    if (known) await this.#options.store.attach(knownPool(known), signal);
  }

  /**
   * @param others names of what belongs to others: a pool that they use stays.
   * @returns what stays, as short texts.
   */
  async remove(others: ReadonlySet<string>, signal: AbortSignal): Promise<readonly string[]> {
    const { client, name, owner, store } = this.#options;
    const known = await absentAsUndefined(client.storagePools.get(name, signal));
    if (known && (isForeign(known.config, owner) || isUsedBy(known.used_by, others)))
      return [`storage pool '${name}'`];
    await client.storagePools.delete(name, signal);
    await store.remove(signal);
    return [];
  }

  /** In a cluster, LXD tells what a pool is on, and whether it is mounted, only when it is asked for the pool of one member. */
  async #read(signal: AbortSignal): Promise<StoragePool> {
    const { client, name } = this.#options;
    const { member } = await client.server.info(signal);
    return client.storagePools.get(name, signal, member);
  }

  /** All pools, each as {@link #read} reads it. */
  async #list(signal: AbortSignal): Promise<readonly StoragePool[]> {
    const { client } = this.#options;
    const { member } = await client.server.info(signal);
    const pools = await client.storagePools.list(signal);
    if (member === undefined) return pools;
    const finished = pools.filter((pool) => !isUnfinished(pool));
    const read = finished.map(({ name }) => absentAsUndefined(client.storagePools.get(name, signal, member)));
    // Units of other members come and go meanwhile.
    return (await Promise.all(read)).filter((pool) => pool !== undefined);
  }

  async #create({ driver, config }: PoolBacking, signal: AbortSignal): Promise<void> {
    const { client, name, owner, store } = this.#options;
    const { member } = await client.server.info(signal);
    const pool = { name, driver, description: describeOwner(owner) };
    const own = ownerKey(owner);
    const create = async () => {
      if (member === undefined) {
        await client.storagePools.create({ ...pool, config: { ...config, ...own } }, signal);
        return;
      }
      const [ofMember, ofAll] = splitConfig(config);
      const whole = { ...pool, config: { ...ofAll, ...own } };
      const definition = (isOwn: boolean) => ({
        name,
        driver,
        config: isOwn ? ofMember : elsewhere(driver),
      });
      await createInCluster(client, client.storagePools, { whole, definition, member }, signal);
    };
    await namingMissingProgram("create the runners' storage pool", create);
    // LXD makes its own file sparse.
    await store.attach(knownPool(await this.#read(signal)), signal);
  }

  /**
   * Deletes the pool, and instances without disks. Their runners ended with the machine.
   *
   * @returns whether the pool stays, empty as it has been restored: LXD deletes none while a member of its cluster is off.
   */
  async #forget(release: () => Promise<void>, signal: AbortSignal): Promise<"deleted" | "kept"> {
    const { client, owner, store } = this.#options;
    const instances = (await client.instances.list(undefined, signal)).filter(
      ({ config }) => config[KEYS.owner] === ownerText(owner),
    );
    const containers = instances.filter(({ type }) => type === "container");
    const forget = async (): Promise<"deleted" | "kept"> => {
      await this.#awaitAvailable(signal);
      for (const { name: instance } of instances) await discardInstance(client, instance, signal);
      await release();
      return this.#deleteIfAllAnswer(signal);
    };
    return store.restore(
      containers.map((container) => container.name),
      forget,
      signal,
    );
  }

  async #deleteIfAllAnswer(signal: AbortSignal): Promise<"deleted" | "kept"> {
    const { client, name } = this.#options;
    try {
      await client.storagePools.delete(name, signal);
      return "deleted";
    } catch (thrown) {
      if (downMemberOf(thrown) === undefined) throw thrown;
      await this.#deleteImageVolumes(signal);
      return "kept";
    }
  }

  /** LXD would take those that it has records of for there, and could unpack no image of them again. */
  async #deleteImageVolumes(signal: AbortSignal): Promise<void> {
    const { client, name } = this.#options;
    const { storagePools } = client;
    const { member } = await client.server.info(signal);
    for (const image of await storagePools.imageVolumes(name, signal, member))
      await storagePools.deleteImageVolume(name, image, signal, member);
  }

  async #awaitAvailable(signal: AbortSignal): Promise<void> {
    await withDeadline(`use storage pool '${this.#options.name}'`, AVAILABLE_MS, signal, async (limited) => {
      // LXD retries on a timer and sends no event.
      while ((await this.#read(limited)).status === "Unavailable") {
        await sleep(POLL_MS, undefined, { signal: limited });
      }
    });
  }
}

/** Keys that differ between the members of a cluster; LXD wants all others for the pool as a whole. */
const OF_MEMBER = new Set(["source", "size", "zfs.pool_name"]);

/** @returns what is for one member, and what is for all. */
function splitConfig(config: Config): readonly [Config, Config] {
  const entries = Object.entries(config);
  return [
    Object.fromEntries(entries.filter(([key]) => OF_MEMBER.has(key))),
    Object.fromEntries(entries.filter(([key]) => !OF_MEMBER.has(key))),
  ];
}

/** A pool of a cluster is on all its members. On the others, nothing is ever put in it: the file below it stays sparse. */
function elsewhere(driver: string): Config {
  return driver === "dir" ? {} : { size: "1GiB" };
}

function knownPool({ driver, config }: StoragePool): KnownPool {
  return { driver, source: config["source"] };
}
