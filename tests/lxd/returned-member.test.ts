import { expect } from "chai";
import { messageOf } from "charm-kit";
import { LxdError } from "lxd-client";
import { LxdPool } from "../../src/lxd/lxd-pool.ts";
import { KEYS, ownerText } from "../../src/lxd/ownership.ts";
import type { PoolStore } from "../../src/lxd/pool-store.ts";
import { soon } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { useStandInDaemon } from "../../packages/lxd-client/tests/stand-in-daemon.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const OWN = { [KEYS.owner]: ownerText(OWNER) };
const POOL = "/1.0/storage-pools/runners-0";
const IMAGE = `${POOL}/volumes/image/1a2b3c4d5e6f`;
const TEMPLATE = "/1.0/instances/runners-0-template-1a2b3c4d";
const UNMOUNTED = `Failed to create mount directory "/var/lib/lxd/storage-pools/runners-0/containers/x": no such file or directory`;
const CAPACITY = {
  count: 1,
  standby: 0,
  processes: 100,
  resources: { cpu: 1, memory: "1GiB", disk: "4GiB" },
} as const;

/** A member's LXD that has just started, and mounts the unit's pool a little later, as LXD 5.0.2 does once a minute. */
class ReturnedMember {
  isMounted = false;
  hasPool = true;
  hasTemplate = true;
  /** Whether LXD has a record of an image that it had unpacked in the pool. */
  hasImage = true;
  /** What LXD says to each change of a pool. @default it makes the change */
  refusal: string | undefined;
  #looks = 0;

  /** @returns undefined for what is not there. @throws what LXD refuses. */
  answer(request: string): unknown {
    const template = { name: "runners-0-template-1a2b3c4d", type: "container", status: "Stopped" };
    switch (request) {
      case "GET /1.0":
        return { environment: { server_clustered: true, server_name: "m2" }, config: {}, api_extensions: [] };
      case "GET /1.0/cluster/members?recursion=1":
        return ["m1", "m2"].map((name) => ({ server_name: name, url: "", status: "Online", message: "" }));
      case "GET /1.0/storage-pools?recursion=1":
        return this.hasPool ? [this.#pool("Created")] : [];
      case `GET ${POOL}`:
        // Of all members together: LXD tells nothing of one of them.
        return this.hasPool ? this.#pool("Created") : undefined;
      case `GET ${POOL}?target=m2`:
        this.isMounted ||= this.#looks++ > 0;
        return this.hasPool ? this.#pool(this.isMounted ? "Created" : "Unavailable") : undefined;
      case `GET ${POOL}/resources`:
        // Those of the disk on which it would be mounted.
        return { space: { used: 0, total: this.isMounted ? 2 ** 40 : 2 ** 20 } };
      case `DELETE ${POOL}`:
        if (this.refusal !== undefined) throw new Error(this.refusal);
        this.hasPool = false;
        return {};
      case "POST /1.0/storage-pools":
        if (this.refusal !== undefined) throw new Error(this.refusal);
        this.hasPool = true;
        return {};
      case `GET ${POOL}/volumes/image?target=m2`:
        return this.hasImage ? [IMAGE] : [];
      case `DELETE ${IMAGE}?target=m2`:
        this.hasImage = false;
        return {};
      case "GET /1.0/instances?recursion=1":
        return this.hasTemplate ? [{ ...template, config: OWN }] : [];
      case `GET ${TEMPLATE}`:
        return this.hasTemplate
          ? { ...template, config: { ...OWN, "security.protection.delete": "true" } }
          : undefined;
      case `PATCH ${TEMPLATE}`:
        return this.isMounted ? {} : undefined;
      case `DELETE ${TEMPLATE}`:
        this.hasTemplate = false;
        return {};
      default:
        return {};
    }
  }

  #pool(status: string) {
    return { name: "runners-0", driver: "btrfs", status, config: OWN };
  }
}

describe("the pool of a unit whose member of a cluster has started again", () => {
  const daemon = useStandInDaemon();
  let member: ReturnedMember;
  const ensure = (isLost: boolean) => {
    const store: PoolStore = {
      prepare: ({ known }) =>
        Promise.resolve({
          ...{ driver: "btrfs", config: {}, room: 2 ** 40, isShared: false },
          lost: isLost && known !== undefined,
        }),
      attach: () => Promise.resolve(),
      restore: (_containers, forget) => forget(),
      remove: () => Promise.resolve(),
    };
    const pool = new LxdPool({ client: daemon.client(), owner: OWNER, name: "runners-0", store });
    return pool.ensure(CAPACITY, () => Promise.resolve(), soon());
  };

  beforeEach(() => {
    member = new ReturnedMember();
    daemon.answer = ({ method = "", url = "" }, response) => {
      const refuse = (status: number, error: string) =>
        response.writeHead(status).end(JSON.stringify({ type: "error", error_code: status, error }));
      try {
        const metadata = member.answer(`${method} ${url}`);
        if (metadata === undefined) refuse(404, UNMOUNTED);
        else response.end(JSON.stringify({ type: "sync", status_code: 200, metadata }));
      } catch (thrown) {
        refuse(500, messageOf(thrown));
      }
    };
  });

  it("is looked at, with its instances, once that LXD has mounted it", async () => {
    expect((await ensure(false)).count).to.equal(1);
    expect([member.isMounted, member.hasTemplate]).to.deep.equal([true, true]);
  });

  it("is made anew when it was in memory, and is mounted before its instances are deleted", async () => {
    expect((await ensure(true)).count).to.equal(1);
    expect([member.hasPool, member.hasTemplate]).to.deep.equal([true, false]);
    expect(daemon.requests).to.include(`DELETE ${POOL}`).and.include("POST /1.0/storage-pools?target=m2");
  });

  it("is used as it has been restored when it was in memory, without the instances, while another member is off", async () => {
    member.refusal = "peer node 10.0.0.1:8443 is down";
    expect((await ensure(true)).count).to.equal(1);
    const { hasImage, hasPool, hasTemplate, isMounted } = member;
    expect({ hasImage, hasPool, hasTemplate, isMounted }).to.deep.equal({
      ...{ hasImage: false, hasPool: true, hasTemplate: false, isMounted: true },
    });
    expect(daemon.requests).to.include(`DELETE ${POOL}`).and.not.include("POST /1.0/storage-pools");
  });

  it("is in the way when LXD refuses to delete it for another reason", async () => {
    member.refusal = "Storage pool is in use";
    expect(await rejection(ensure(true)))
      .to.be.instanceOf(LxdError)
      .and.have.property("detail", member.refusal);
  });
});
