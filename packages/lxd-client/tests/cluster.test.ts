import { expect } from "chai";
import { LxdError, OperationError, type LxdClient } from "../src/index.ts";
import { useStandInDaemon } from "./stand-in-daemon.ts";
import { patience } from "./support.ts";

const ALONE = { server_version: "5.0.2", driver: "lxc", kernel_version: "6.1", firewall: "nftables" };

describe("a member of a cluster", () => {
  const daemon = useStandInDaemon();
  let client: LxdClient;
  let environment: object;

  beforeEach(() => {
    environment = { ...ALONE, server_clustered: true, server_name: "m 2" };
    const answers = (path: string): unknown => {
      if (path === "/1.0") return { environment, config: {}, api_extensions: [] };
      if (path === "/1.0/cluster/members/m%202")
        return {
          server_name: "m 2",
          url: "https://10.0.0.2:8443",
          status: "Evacuated",
          message: "Unavailable",
        };
      if (path.startsWith("/1.0/cluster/members"))
        return [
          { server_name: "m1", url: "https://10.0.0.1:8443", status: "Online", message: "Fully operational" },
          { server_name: "m2", url: "https://10.0.0.2:8443", status: "Evacuated", message: "Unavailable" },
        ];
      if (path.includes("/volumes/image?")) return [];
      return { name: "runners-0", driver: "dir", status: "Created", config: null, used_by: null };
    };
    daemon.answer = ({ url = "" }, response) => {
      response.end(JSON.stringify({ type: "sync", status_code: 200, metadata: answers(url) }));
    };
    client = daemon.client();
  });

  it("is told by the server's facts, and a daemon that stands alone is none", async () => {
    expect((await client.server.info(patience())).member).to.equal("m 2");
    for (const alone of [ALONE, { ...ALONE, server_clustered: false, server_name: "host" }]) {
      environment = alone;
      expect((await client.server.refresh(patience())).member).to.equal(undefined);
    }
  });

  it("is listed with its status", async () => {
    const members = await client.cluster.members(patience());
    expect(members.map(({ name, status }) => `${name} ${status}`)).to.deep.equal([
      "m1 Online",
      "m2 Evacuated",
    ]);
  });

  it("is read alone, and an error says that it is evacuated", async () => {
    expect(await client.cluster.member("m 2", patience())).to.include({ name: "m 2", status: "Evacuated" });
    expect(new LxdError("freeze", 403, "Cluster member is evacuated").evacuated).to.equal(true);
    expect(new LxdError("freeze", 403, "not authorized").evacuated).to.equal(false);
    expect(new LxdError("evacuate", 400, "Cluster member is evacuated").evacuated).to.equal(false);
  });

  it("is named to LXD, percent-encoded, by what is made or read for it alone", async () => {
    const instance = { name: "x", type: "container", source: { type: "none" }, profiles: [] } as const;
    await client.instances.create(instance, patience(), "m 2");
    await client.storagePools.create({ name: "runners-0", driver: "dir" }, patience(), "m 2");
    await client.storagePools.get("runners-0", patience(), "m 2");
    await client.storagePools.get("runners-0", patience());
    await client.instances.create(instance, patience());
    await client.storagePools.imageVolumes("runners-0", patience(), "m 2");
    await client.storagePools.deleteImageVolume("runners-0", "1a2b", patience(), "m 2");
    expect(daemon.requests).to.deep.equal([
      "POST /1.0/instances?target=m%202",
      "POST /1.0/storage-pools?target=m%202",
      "GET /1.0/storage-pools/runners-0?target=m%202",
      "GET /1.0/storage-pools/runners-0",
      "POST /1.0/instances",
      "GET /1.0/storage-pools/runners-0/volumes/image?target=m%202",
      "DELETE /1.0/storage-pools/runners-0/volumes/image/1a2b?target=m%202",
    ]);
  });

  it("is named by an error of a change that waits for it, and by no other one", () => {
    const texts = [
      ["peer node 10.0.0.2:8443 is down", "10.0.0.2:8443"],
      ["Failed updating network: peer node [fd00::2]:8443 is down", "[fd00::2]:8443"],
      ["not found", undefined],
    ] as const;
    for (const [detail, member] of texts) {
      expect(new LxdError("update", 500, detail).downMember).to.equal(member);
      const failure = { operationId: "1", detail, metadata: {} };
      expect(new OperationError("update", failure).downMember).to.equal(member);
    }
  });
});
