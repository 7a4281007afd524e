import { expect } from "chai";
import { LxdError, OperationError } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience } from "./support.ts";

describeDaemon("LXD instances", (daemon) => {
  const instances = () => daemon().client.instances;

  it("creates an instance from an alias and lists it by name, in full and by a filter", async () => {
    const name = daemon().name("made");
    const config = { "user.lxdclient": name };
    const source = { type: "image", alias: daemon().alias } as const;
    const profiles = [daemon().profile];
    await instances().create({ name, type: "container", source, profiles, config }, patience());

    expect(await instances().names(patience())).to.include(name);
    const [found, ...others] = await instances().list(`config.user.lxdclient eq ${name}`, patience());
    expect(others).to.be.empty;
    expect(found).to.include({ name, status: "Stopped", type: "container" });
    expect(found?.profiles).to.deep.equal(profiles);
    expect(found?.expanded_devices).to.have.property("root");
    expect((await instances().list(undefined, patience())).map((one) => one.name)).to.include(name);
  });

  it("lets one of two creators of a name win", async () => {
    const name = await daemon().create("twice");
    const error = await rejection(daemon().create("twice"));
    expect(error).to.be.instanceOf(OperationError);
    expect(error).to.include({ alreadyExists: true, code: "lxd-operation" });
    expect(error.message).to.match(new RegExp(`^Cannot create instance '${name}': `));
  });

  it("tells a missing alias from an unknown key, and neither leaves an instance", async () => {
    const name = daemon().name("refused");
    const base = { name, type: "container", profiles: [daemon().profile] } as const;
    const noAlias = { ...base, source: { type: "image", alias: `${name}-none` } } as const;
    const missing = await rejection(instances().create(noAlias, patience()));
    expect(missing).to.be.instanceOf(LxdError).and.include({ status: 404, notFound: true });

    const badKey = {
      ...base,
      source: { type: "image", alias: daemon().alias },
      config: { "bogus.key": "1" },
    } as const;
    const unknown = await rejection(instances().create(badKey, patience()));
    expect(unknown).to.be.instanceOf(OperationError);
    expect(unknown.message).to.include("Unknown configuration key: bogus.key");
    expect(await instances().names(patience())).not.to.include(name);
  });

  it("creates an empty instance and a copy with its profiles", async () => {
    const empty = daemon().name("empty");
    const profiles = [daemon().profile];
    await instances().create(
      { name: empty, type: "container", profiles, source: { type: "none" } },
      patience(),
    );
    const copy = daemon().name("copy");
    await instances().create(
      { name: copy, type: "container", profiles, source: { type: "copy", source: empty } },
      patience(),
    );
    expect((await instances().get(copy, patience())).profiles).to.deep.equal(profiles);
  });

  it("starts, freezes, unfreezes and stops, and leaves alone what is so already", async () => {
    const name = await daemon().create("states");
    const change = async (action: "start" | "stop" | "freeze" | "unfreeze") =>
      (await instances().changeState(name, { action, timeoutSeconds: 10 }, patience())) as { value?: string };
    const status = async () => (await instances().get(name, patience())).status;

    for (const [action, reached] of [
      ["start", "Running"],
      ["freeze", "Frozen"],
      ["unfreeze", "Running"],
      ["stop", "Stopped"],
    ] as const) {
      expect(await change(action), action).to.deep.equal({ state: "done", value: "changed" });
      expect(await status(), action).to.equal(reached);
      expect(await change(action), `${action} again`).to.deep.equal({ state: "done", value: "already" });
    }
  });

  it("refuses to freeze or restart an instance that does not run", async () => {
    const name = await daemon().create("idle");
    for (const action of ["freeze", "unfreeze", "restart"] as const) {
      const error = await rejection(instances().changeState(name, { action }, patience()));
      expect(error, action).to.be.instanceOf(OperationError).and.include({ notRunning: true });
    }
  });

  it("restarts a running instance", async () => {
    const name = await daemon().launch("again");
    const { pid } = await instances().state(name, patience());
    await instances().changeState(name, { action: "restart", force: true }, patience());
    const after = await instances().state(name, patience());
    expect(after.pid).to.be.greaterThan(0).and.not.equal(pid);
    expect(after).to.have.property("status", "Running");
  });

  it("reads the state of a stopped instance with empty maps", async () => {
    const name = await daemon().create("still");
    const state = await instances().state(name, patience());
    expect(state).to.include({ status: "Stopped", pid: 0 });
    expect(state.network).to.deep.equal({});
  });

  it("merges settings, and replaces them under an ETag", async () => {
    const name = await daemon().create("changed", { config: { "user.a": "1" } });
    await instances().patch(name, { config: { "user.b": "2" } }, patience());
    const { value, etag } = await instances().getTagged(name, patience());
    expect(value.config).to.include({ "user.a": "1", "user.b": "2" });

    const { devices, profiles, description, ephemeral } = value;
    const config = { ...value.config, "user.b": "3" };
    const settings = { devices, profiles, description, ephemeral, config };
    await instances().put(name, settings, etag, patience());
    expect((await instances().get(name, patience())).config).to.include({ "user.b": "3" });

    const stale = await rejection(instances().put(name, settings, etag, patience()));
    expect(stale).to.be.instanceOf(LxdError).and.include({ status: 412, stale: true });
  });

  it("renames, refuses to delete a running one, and takes a missing one for deleted", async () => {
    const name = await daemon().create("old");
    const renamed = daemon().name("new");
    await instances().rename(name, renamed, patience());
    expect(await rejection(instances().get(name, patience()))).to.include({ notFound: true });

    await instances().changeState(renamed, { action: "start" }, patience());
    const refused = await rejection(instances().delete(renamed, patience()));
    expect(refused).to.be.instanceOf(LxdError).and.include({ status: 400 });

    await instances().changeState(renamed, { action: "stop", force: true }, patience());
    expect(await instances().delete(renamed, patience())).to.deep.equal({ state: "done", value: "deleted" });
    expect(await instances().delete(renamed, patience())).to.deep.equal({ state: "done", value: "absent" });
  });

  it("says that a clean stop took too long, and the instance still runs", async () => {
    const name = await daemon().launch("stubborn");
    // An init that is stopped cannot answer the signal of a shutdown.
    const { pid } = await instances().state(name, patience());
    process.kill(pid, "SIGSTOP");
    const error = await rejection(
      instances().changeState(name, { action: "stop", timeoutSeconds: 1 }, patience()),
    );
    expect(error).to.be.instanceOf(OperationError);
    expect((await instances().get(name, patience())).status).to.equal("Running");
    await instances().changeState(name, { action: "stop", force: true }, patience());
  });

  it("names the operation that works on an instance while it does, and cannot cancel a creation", async () => {
    const { operations, exec } = daemon().client;
    const name = await daemon().launch("worked-on");
    const controller = new AbortController();
    const command = await exec.start(name, { command: ["sleep", "60"] }, controller.signal);
    const [operation, ...others] = await operations.touching(name, patience());
    expect(others).to.be.empty;
    expect(operation).to.include({ class: "websocket", status: "Running", may_cancel: false });
    expect(await operations.cancel(operation!.id, patience())).to.equal("refused");
    controller.abort(new Error("enough"));
    expect((await rejection(command.exitCode)).message).to.equal("enough");
    expect(await operations.touching(name, patience())).to.be.empty;
    expect(await operations.wait(operation!.id, patience())).to.have.property("state", "done");
  });

  it("takes an operation that LXD has forgotten for unseen", async () => {
    const operationId = "00000000-0000-4000-8000-000000000000";
    const { operations } = daemon().client;
    expect(await operations.wait(operationId, patience())).to.deep.equal({ state: "unseen", operationId });
    expect(await operations.cancel(operationId, patience())).to.equal("absent");
  });
});
