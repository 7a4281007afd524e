import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { runProcess } from "charm-kit";
import { closedNetworks } from "../../../src/host/local-addresses.ts";
import {
  NftPacketFilter,
  type WrittenRules,
  type WrittenRulesRecord,
} from "../../../src/host/packet-filter.ts";
import type { Config, Devices, LxdClient } from "lxd-client";
import { BRIDGE_NAMES } from "../../../src/lxd/lxd-infrastructure.ts";
import { LxdFirewall } from "../../../src/lxd/lxd-firewall.ts";
import { packImage, patience } from "../../../packages/lxd-client/tests/support.ts";
import { NetworkNamespace } from "../../support/github/network-namespace.ts";
import {
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "../lxd-infrastructure-fixture.ts";
import { answer } from "./answer.ts";
import { NetworkPeer } from "./network-peer.ts";

/** Where everything answers, over TCP and UDP. */
export const PORT = 18_080;
/** A second one, at which a shell of debug-ssh would be. */
export const OTHER_PORT = 18_022;

class WrittenRulesInMemory implements WrittenRulesRecord {
  #value: WrittenRules | null = null;

  read = () => Promise.resolve(this.#value);
  write = (value: WrittenRules) => {
    this.#value = value;
    return Promise.resolve();
  };
}

/** A running instance on a unit's bridge, as seen from its network namespace. */
export interface Runner {
  readonly address: string;
  readonly peer: NetworkPeer;
  /** Its interface on the machine. */
  readonly port: string;
  readonly mac: string;
  readonly name: string;
}

/** A machine with an address, which the machine under test forwards to. */
export interface OutsideHost {
  readonly address: string;
  readonly peer: NetworkPeer;
  readonly namespace: NetworkNamespace;
}

const mark = process.pid.toString(36);

/** What a DHCP client is told to do with a lease. */
const DHCP_SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
/bin/busybox ip addr flush dev "$interface"
/bin/busybox ip addr add "$ip/24" dev "$interface"
/bin/busybox ip route replace default via "$router"
`;

/** Two units with runners, hosts beside the machine, and somebody who answers at every address. */
export class FirewallSite {
  readonly client: LxdClient;
  readonly unit: InfrastructureFixture;
  readonly firewall: LxdFirewall;
  readonly packetFilter: NftPacketFilter;
  readonly #other: InfrastructureFixture;
  readonly #cleanUps: (() => unknown)[];
  readonly #interface = `fw${mark}e`;

  private constructor(
    unit: InfrastructureFixture,
    other: InfrastructureFixture,
    cleanUps: (() => unknown)[],
  ) {
    this.client = unit.client;
    this.unit = unit;
    this.#other = other;
    this.#cleanUps = cleanUps;
    this.packetFilter = new NftPacketFilter({
      slug: unit.slug,
      run: runProcess,
      written: new WrittenRulesInMemory(),
    });
    this.firewall = new LxdFirewall({
      client: unit.client,
      owner: unit.owner,
      name: unit.slug,
      bridge: unit.infrastructure.bridge,
      closedNetworks: () => closedNetworks(BRIDGE_NAMES),
      packetFilter: this.packetFilter,
    });
    cleanUps.push(() => this.firewall.remove(patience()));
  }

  static async open(): Promise<FirewallSite> {
    const cleanUps: (() => unknown)[] = [];
    const unit = await openInfrastructure();
    cleanUps.push(() => unit.client.close());
    const other = await openInfrastructure(unit.client);
    for (const { infrastructure } of [unit, other]) cleanUps.push(() => infrastructure.remove(patience()));
    const site = new FirewallSite(unit, other, cleanUps);
    try {
      await Promise.all(
        [unit, other].map(({ infrastructure }) => infrastructure.ensure(roomFor(0), patience())),
      );
      return site;
    } catch (thrown) {
      await site.close();
      throw thrown;
    }
  }

  /** Takes everything away, the last first, and fails with the first failure after all was tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const cleanUp of this.#cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Keeps in mind to do something in the end. */
  finally(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  /** The bridge of the other unit. */
  get otherBridge(): string {
    return this.#other.infrastructure.bridge;
  }

  async gateway(): Promise<string> {
    const { config } = await this.client.networks.get(this.unit.infrastructure.bridge, patience());
    return (config["ipv4.address"] ?? "").replace(/\/.*/, "");
  }

  /** Imports an image of busybox alone. */
  async image(): Promise<string> {
    const packed = packImage("firewall");
    const content = createReadStream(packed.path);
    const outcome = await this.client.images.import({ format: "unified", content }, {}, patience());
    packed.remove();
    if (outcome.state !== "done") throw new Error("The import went unseen");
    const { fingerprint } = outcome.value;
    this.finally(() => this.client.images.delete(fingerprint, patience()));
    return fingerprint;
  }

  /**
   * Starts an instance that has got its address by DHCP, and answers in it.
   *
   * @param of the unit with the firewall or the other unit, without filters of the NIC; or the first unit with all that
   *   runners have, or with what runners of earlier versions had.
   */
  async runner(
    name: string,
    image: string,
    of: "unit" | "other" | "ports" | "profile" = "unit",
  ): Promise<Runner> {
    const { slug, infrastructure, ports } = of === "other" ? this.#other : this.unit;
    const { instances } = this.client;
    const instance = `${slug}-${name}`;
    const source = { type: "image", fingerprint: image } as const;
    const profiles = infrastructure.profiles(SMALL);
    const create = (devices: Devices) =>
      instances.create({ name: instance, type: "container", source, profiles, devices }, patience());
    if (of === "profile") {
      await create({});
    } else {
      const change = (devices: Devices) =>
        of === "ports" ? devices : { eth0: withoutFilters(devices["eth0"] ?? {}) };
      await ports.giving(instance, (devices) => create(change(devices)), patience());
    }
    this.finally(async () => {
      await instances
        .changeState(instance, { action: "stop", force: true }, patience())
        .catch(() => undefined);
      await instances.delete(instance, patience());
    });
    await instances.changeState(instance, { action: "start" }, patience());
    const [{ pid }, { config, devices }] = await Promise.all([
      instances.state(instance, patience()),
      instances.get(instance, patience()),
    ]);
    const address = await this.lease(instance);
    const peer = new NetworkPeer(["nsenter", "-t", String(pid), "-n"]);
    await peer.answer({ addresses: ["0.0.0.0"], ports: [PORT] }, patience());
    this.finally(() => {
      peer.close();
    });
    const port = config["volatile.eth0.host_name"] ?? devices["eth0"]?.["host_name"] ?? "";
    const mac = config["volatile.eth0.hwaddr"] ?? devices["eth0"]?.["hwaddr"] ?? "";
    return { address, peer, port, mac, name: instance };
  }

  /**
   * A namespace beside the machine, with somebody who answers in it.
   *
   * @param network first three numbers of its network. @default one that is free
   */
  async outsideHost(name: string, network?: string): Promise<OutsideHost> {
    const options = { name: `fw${mark}${name}`, ...(network !== undefined && { network }) };
    const namespace = await NetworkNamespace.create(options, patience());
    const peer = new NetworkPeer(["ip", "netns", "exec", namespace.name]);
    this.finally(async () => {
      peer.close();
      await namespace.remove(patience());
    });
    await peer.answer({ addresses: [namespace.address], ports: [PORT, OTHER_PORT] }, patience());
    return { address: namespace.address, peer, namespace };
  }

  /** Gives the machine an interface without any link, for {@link giveAddress}. */
  async addInterface(): Promise<void> {
    await machine("ip", "link", "add", this.#interface, "type", "bridge");
    this.finally(() => machine("ip", "link", "delete", this.#interface));
    await machine("ip", "link", "set", this.#interface, "up");
  }

  async giveAddress(address: string): Promise<void> {
    await machine("ip", "address", "add", `${address}/32`, "dev", this.#interface);
  }

  async takeAddress(address: string): Promise<void> {
    await machine("ip", "address", "delete", `${address}/32`, "dev", this.#interface);
  }

  /** Answers at addresses of the machine. */
  async answerAt(addresses: readonly string[], ports: readonly number[] = [PORT]): Promise<void> {
    this.finally(await answer({ addresses, ports }));
  }

  /** Asks for a lease, and returns the address. */
  async lease(instance: string): Promise<string> {
    const script = `printf '%s' "$SCRIPT" >/root/dhcp && /bin/busybox chmod 755 /root/dhcp &&
      /bin/busybox ip link set lo up && /bin/busybox ip link set eth0 up &&
      /bin/busybox udhcpc -i eth0 -n -q -t 10 -T 1 -s /root/dhcp >/dev/null 2>&1;
      /bin/busybox ip -o -4 addr show dev eth0`;
    const { stdout } = await this.client.exec.run(
      instance,
      { command: ["sh", "-c", script], environment: { SCRIPT: DHCP_SCRIPT } },
      patience(),
    );
    const address = /inet ([\d.]+)/.exec(stdout)?.[1];
    if (address === undefined) throw new Error(`${instance} got no address by DHCP: ${stdout}`);
    return address;
  }
}

/** Filters of the NIC would hide what the firewall does not do. */
function withoutFilters(device: Config): Config {
  return Object.fromEntries(Object.entries(device).filter(([key]) => !key.endsWith("_filtering")));
}

/** Every IPv4 address of this machine but those of the loopback interface. */
export function hostAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
}

/** Runs a program of the machine. */
export async function machine(program: string, ...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...words], { signal: patience() })).stdout;
}
