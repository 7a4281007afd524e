import { expect } from "chai";
import type { Forge, Registration } from "../../src/runners/ports.ts";
import { justInTime } from "../github/support.ts";

/** An implementation of {@link Forge} with what a test needs around it. */
export interface ForgeFixture {
  readonly forge: Forge;
  /** Has the application of a registered runner connect. */
  connect(name: string): Promise<void>;
  /** Gives a connected runner a job. */
  assignJob(name: string): Promise<void>;
  /** Makes the server one without just-in-time configuration. */
  removeJustInTime(): Promise<void>;
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;

/** What every implementation of {@link Forge} does. Each test gets a fixture of its own, on which nothing is registered. */
export function describeForge(make: () => Promise<ForgeFixture>): void {
  let fixture: ForgeFixture;
  let forge: Forge;

  beforeEach(async () => {
    fixture = await make();
    ({ forge } = fixture);
  });
  afterEach(() => fixture.dispose());

  const find = async (name: string): Promise<Registration | undefined> =>
    (await forge.list(NEVER)).find((registration) => registration.name === name);

  describe("register() and list()", () => {
    it("list nothing where nothing is registered", async () => {
      expect(await forge.list(NEVER)).to.deep.equal([]);
    });

    it("list a registered runner, which is offline until its application connects", async () => {
      const { id, jitConfig } = await justInTime(forge.register("app-0-1", ["self-hosted", "linux"], NEVER));
      expect(await forge.list(NEVER)).to.deep.equal([{ id, name: "app-0-1", online: false, busy: false }]);
      expect(jitConfig.reveal()).not.to.equal("");
      await fixture.connect("app-0-1");
      expect(await find("app-0-1")).to.deep.equal({ id, name: "app-0-1", online: true, busy: false });
    });

    it("show a runner with a job as busy", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      await fixture.connect("app-0-1");
      await fixture.assignJob("app-0-1");
      expect(await find("app-0-1")).to.deep.equal({ id, name: "app-0-1", online: true, busy: true });
    });

    it("give each runner an identifier and a configuration of its own", async () => {
      const made = await Promise.all(
        ["app-0-1", "app-0-2", "app-0-3"].map((name) =>
          justInTime(forge.register(name, ["self-hosted"], NEVER)),
        ),
      );
      expect(new Set(made.map(({ id }) => id)).size).to.equal(3);
      expect(new Set(made.map(({ jitConfig }) => jitConfig.reveal())).size).to.equal(3);
      const listed = await forge.list(NEVER);
      expect(listed.map(({ name }) => name)).to.have.members(["app-0-1", "app-0-2", "app-0-3"]);
    });

    it("list more runners than a page of GitHub's holds", async () => {
      const names = Array.from({ length: 103 }, (_, index) => `app-0-${index}`);
      await Promise.all(names.map((name) => forge.register(name, ["self-hosted"], NEVER)));
      expect((await forge.list(NEVER)).map(({ name }) => name)).to.have.members(names);
    });

    it("refuse a name that is registered, and leave its registration alone", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      expect(await failure(forge.register("app-0-1", ["self-hosted"], NEVER))).to.be.instanceOf(Error);
      expect((await forge.list(NEVER)).map((registration) => registration.id)).to.deep.equal([id]);
    });

    it("print a configuration as little as any other secret", async () => {
      const { jitConfig } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      expect(`${String(jitConfig)}${JSON.stringify({ jitConfig })}`).not.to.include(jitConfig.reveal());
    });
  });

  describe("deregister()", () => {
    it("takes a registration away, and no other", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      await forge.register("app-0-2", ["self-hosted"], NEVER);
      expect(await forge.deregister(id, NEVER)).to.equal("gone");
      expect((await forge.list(NEVER)).map(({ name }) => name)).to.deep.equal(["app-0-2"]);
    });

    it("takes that of a connected runner away that has no job", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      await fixture.connect("app-0-1");
      expect(await forge.deregister(id, NEVER)).to.equal("gone");
      expect(await find("app-0-1")).to.equal(undefined);
    });

    it("keeps that of a runner that has a job", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      await fixture.connect("app-0-1");
      await fixture.assignJob("app-0-1");
      expect(await forge.deregister(id, NEVER)).to.equal("busy");
      expect(await find("app-0-1")).to.include({ id, busy: true });
    });

    it("counts what is not there as gone, the second time too", async () => {
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
      expect(await forge.deregister(id, NEVER)).to.equal("gone");
      expect(await forge.deregister(id, NEVER)).to.equal("gone");
      expect(await forge.deregister(987_654, NEVER)).to.equal("gone");
    });
  });

  describe("register(), where the server has no just-in-time configuration", () => {
    beforeEach(() => fixture.removeJustInTime());

    it("registers nothing and gives a token, which prints as little as any other secret", async () => {
      const registration = await forge.register("app-0-1", ["self-hosted"], NEVER);
      if (registration.by !== "token") throw new Error("GitHub registered the runner");
      expect(registration.token.reveal()).not.to.equal("");
      expect(`${String(registration.token)}${JSON.stringify(registration)}`).not.to.include(
        registration.token.reveal(),
      );
      expect(await forge.list(NEVER)).to.deep.equal([]);
    });

    it("gives a token for each of many runners", async () => {
      const names = ["app-0-1", "app-0-2", "app-0-3"];
      const made = await Promise.all(names.map((name) => forge.register(name, ["self-hosted"], NEVER)));
      expect(made.map(({ by }) => by)).to.deep.equal(["token", "token", "token"]);
    });
  });

  describe("application()", () => {
    it("offers an archive for the architecture, with a checksum", async () => {
      const application = await forge.application("x64", NEVER);
      expect(application.version).to.match(/^\d+\.\d+\.\d+$/);
      expect(application.filename).to.include("linux-x64").and.to.include(application.version);
      expect(application.sha256).to.match(/^[0-9a-f]{64}$/);
      expect(new URL(application.downloadUrl).protocol).to.match(/^https?:$/);
    });

    it("offers nothing for an architecture that there is no archive for", async () => {
      expect(await failure(forge.application("arm64", NEVER))).to.be.instanceOf(Error);
    });
  });

  it("does nothing for a signal that is aborted, and rejects with its reason", async () => {
    const { id } = await justInTime(forge.register("app-0-1", ["self-hosted"], NEVER));
    const reason = new Error("the unit is stopping");
    const signal = AbortSignal.abort(reason);
    const calls = [
      forge.list(signal),
      forge.register("app-0-2", ["self-hosted"], signal),
      forge.deregister(id, signal),
      forge.application("x64", signal),
    ];
    for (const fault of await Promise.all(calls.map(failure))) expect(fault).to.equal(reason);
    expect((await forge.list(NEVER)).map((registration) => registration.id)).to.deep.equal([id]);
  });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
