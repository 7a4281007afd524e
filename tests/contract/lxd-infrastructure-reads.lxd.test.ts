import { expect } from "chai";
import { connect, type LxdClient } from "lxd-client";
import { RecordingSocket } from "../support/lxd/recording-socket.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { openInfrastructure, roomFor, type InfrastructureFixture } from "./lxd-infrastructure-fixture.ts";
import { patience, reasonToSkip, socketHere } from "../../packages/lxd-client/tests/support.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `What LxdInfrastructure asks LXD${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(180_000);
    const directory = useTemporaryDirectory();
    let recording: RecordingSocket;
    let client: LxdClient;
    let fixture: InfrastructureFixture;

    beforeEach(async () => {
      recording = await RecordingSocket.open(directory.path, socketHere().path);
      client = await connect(recording.socket, patience());
      fixture = await openInfrastructure(client);
      await fixture.infrastructure.ensure(roomFor(0), patience());
    });
    afterEach(async () => {
      await fixture.infrastructure.remove(patience());
      await client.close();
      await recording.close();
    });

    it("is each object once, and nothing is written, when nothing is missing", async () => {
      recording.requests.length = 0;
      await fixture.infrastructure.ensure(roomFor(0), patience());
      const { pool, bridge } = fixture.infrastructure;
      expect(recording.requests.toSorted()).to.deep.equal([
        `GET /1.0/networks/${bridge}`,
        "GET /1.0/profiles?recursion=1",
        `GET /1.0/storage-pools/${pool}/resources`,
        "GET /1.0/storage-pools?recursion=1",
      ]);
    });

    it("is changed back where a person has changed a profile", async () => {
      const [base = ""] = fixture.infrastructure.profiles({ cpu: 1, memory: "256MiB", disk: "2GiB" });
      const { value, etag } = await client.profiles.getTagged(base, patience());
      const changed = { ...value, config: { ...value.config, "security.nesting": "false" } };
      await client.profiles.put(base, changed, etag, patience());
      await fixture.infrastructure.ensure(roomFor(0), patience());
      expect((await client.profiles.get(base, patience())).config).to.deep.equal(value.config);
    });
  },
);
