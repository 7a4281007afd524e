import { expect } from "chai";
import {
  PortError,
  readJujuContext,
  Secret,
  SecretContentError,
  type NewSecretContent,
} from "../../src/index.ts";
import { Model } from "../../src/model/model.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { hookEnvironment } from "../hook-environment.ts";
import { rejection } from "../../../../tests/support/rejection.ts";

describe("Model", () => {
  const setUp = () => {
    const tools = new FakeHookTools();
    const env = { ...hookEnvironment("hooks/start"), JUJU_CHARM_HTTP_PROXY: "http://proxy:3128" };
    return { tools, model: new Model({ context: readJujuContext(env), tools }) };
  };

  it("knows its name, UUID and proxies without a hook tool", () => {
    const { tools, model } = setUp();
    expect(model.name).to.equal("ci");
    expect(model.uuid).to.equal("0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11");
    expect(model.jujuVersion.isAtLeast("3.6.2")).to.equal(true);
    expect(model.proxies.http).to.equal("http://proxy:3128");
    expect([model.unit.name, model.app.name]).to.deep.equal(["github-runner/3", "github-runner"]);
    expect(tools.calls).to.deep.equal([]);
  });

  it("returns storages, resources, networks and goals", async () => {
    const { tools, model } = setUp();
    tools.storages.set("data/4", "/srv/data").set("other/5", "/srv/other");
    tools.resources.set("image", "/resources/image");
    const network = { bindAddresses: [], ingressAddresses: ["10.0.0.5"], egressSubnets: [] };
    tools.networks.set("db", network);
    const since = "";
    tools.goals = {
      units: {
        "a/0": { status: "active", since },
        "a/1": { status: "dying", since },
        "a/2": { status: "waiting", since },
      },
      relations: {},
    };
    const [storage, ...others] = await model.storages("data");
    expect(others).to.deep.equal([]);
    expect(storage).to.include({ id: "data/4", name: "data", index: 4 });
    expect(await storage?.location()).to.equal("/srv/data");
    expect(await model.resourcePath("image")).to.equal("/resources/image");
    const found = await model.network("db");
    expect(JSON.parse(JSON.stringify(found))).to.deep.equal(network);
    expect([found.ingressAddress, found.bindAddress]).to.deep.equal(["10.0.0.5", undefined]);
    const address = (value: string) => ({ hostname: "", value, cidr: "" });
    const eth = { name: "eth0", macAddress: "", addresses: [address("10.0.0.7"), address("fd00::7")] };
    const bound = {
      bindAddresses: [{ ...eth, addresses: [] }, eth],
      ingressAddresses: [],
      egressSubnets: [],
    };
    tools.networks.set("admin", bound);
    const { ingressAddress, bindAddress } = await model.network("admin");
    expect([ingressAddress, bindAddress]).to.deep.equal([undefined, "10.0.0.7"]);
    expect(await model.app.plannedUnits()).to.equal(2);
    expect(await model.unit.address("private")).to.equal("10.0.0.5");
    await model.requestStorage("data", 2);
    expect(tools.requested.get("data")).to.equal(2);
    expect(await rejection(model.requestStorage("data", 0))).to.be.instanceOf(RangeError);
  });

  it("opens and closes ports, and refuses invalid ones", async () => {
    const { tools, model } = setUp();
    const { ports } = model.unit;
    await ports.open(80, { protocol: "icmp" });
    await ports.set(443, { protocol: "icmp" });
    expect(await ports.opened()).to.have.deep.members([
      { protocol: "icmp" },
      { protocol: "tcp", from: 443, to: 443 },
    ]);
    await ports.close(443);
    expect(await ports.opened()).to.deep.equal([{ protocol: "icmp" }]);
    const before = tools.calls.length;
    for (const port of [0, 65_536, 1.5, { protocol: "tcp", from: 9, to: 8 } as const]) {
      expect(await rejection(ports.open(port)))
        .to.be.instanceOf(PortError)
        .with.property("code", "port");
    }
    expect(tools.calls).to.have.lengthOf(before);
  });

  it("adds, changes, grants, describes and removes a secret", async () => {
    const { tools, model } = setUp();
    const secret = await model.unit.addSecret({ password: "hunter2" }, { label: "db", rotate: "monthly" });
    expect(secret.label).to.equal("db");
    await secret.setContent({ password: "hunter3" }, { description: "new" });
    await secret.grant({ id: 7 });
    await secret.grant({ id: 7 }, { unit: "web/0" });
    await secret.revoke({ id: 7 }, { unit: "web/0" });
    const byLabel = model.secret({ label: "db" });
    expect(await byLabel.info()).to.include({
      revision: 2,
      owner: "unit",
      rotation: "monthly",
      description: "new",
    });
    await byLabel.removeRevision(1);
    const kept = tools.owned.get(String(secret.uniqueID));
    expect(kept?.revisions).to.deep.equal([undefined, { password: "hunter3" }]);
    expect(kept?.grants).to.deep.equal([{ relation: 7, unit: undefined }]);
    expect((await model.ownSecrets()).map(({ id }) => id)).to.deep.equal([secret.uniqueID]);
    await secret.removeAll();
    expect(tools.owned.size).to.equal(0);
  });

  it("reads the tracked revision, peeks at the newest, and refreshes to it", async () => {
    const { tools, model } = setUp();
    tools.secrets.set("secret:a", { token: "old-token" });
    tools.newerSecrets.set("secret:a", { token: "new-token" });
    const secret = model.secret("secret:a");
    const token = (content: Readonly<Record<string, { reveal(): string }>>) => content["token"]?.reveal();
    expect(token(await secret.content())).to.equal("old-token");
    expect(token(await secret.peek())).to.equal("new-token");
    expect(token(await secret.content())).to.equal("old-token");
    expect(token(await secret.refresh())).to.equal("new-token");
    expect(token(await secret.content())).to.equal("new-token");
    expect(JSON.stringify(await secret.content())).to.equal('{"token":"[redacted]"}');
  });

  const refused: readonly (readonly [string, NewSecretContent])[] = [
    ["no fields", {}],
    ["a short key", { ab: "hunter2" }],
    ["a key in capitals", { Password: "hunter2" }],
    ["a key with two hyphens", { "pass--word": "hunter2" }],
    ["an empty value", { password: "" }],
    ["half of a surrogate pair", { password: "hunter2\ud800" }],
    ["the text of a Secret", { password: `x${String(new Secret("hunter2"))}` }],
    ["more than a megabyte", { password: "hunter2".repeat(150_000) }],
  ];
  for (const [title, content] of refused) {
    it(`refuses a secret with ${title} before a tool is called`, async () => {
      const { tools, model } = setUp();
      const thrown = await rejection(model.app.addSecret(content));
      expect(thrown).to.be.instanceOf(SecretContentError).with.property("code", "secret-content");
      expect(thrown.message).not.to.include("hunter2");
      expect(tools.calls).to.deep.equal([]);
    });
  }
});
