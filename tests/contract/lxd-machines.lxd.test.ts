import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { BootstrapError } from "../../src/lxd/errors.ts";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import { KEYS, ownerConfig } from "../../src/lxd/ownership.ts";
import type { MachineSpec } from "../../src/runners/ports.ts";
import { withDeadline, Secret } from "charm-kit";
import { describeDaemon, patience, type Daemon } from "../../packages/lxd-client/tests/support.ts";
import { describeMachines, type MachinesFixture } from "./machines.contract.ts";

/** Of this run alone: another one on the same daemon lists none of its instances. */
const OWNER = { unitName: "runners/0", deployment: randomUUID() };
const DELIVER = "/deliver";

/** Obeys the first line of the payload, and answers as the deliver program of a runner image does. */
const DELIVER_PROGRAM = `#!/bin/sh
cat >/root/payload
read -r word code </root/payload
case $word in
listening) echo listening ;;
ended) echo "ended $code" ;;
unprepared) echo "unprepared 1 the snap is not installed" ;;
hang) sleep 600 ;;
*)
  echo "no such order" >&2
  exit 3
  ;;
esac
`;

describeDaemon("LxdMachines", (daemon) => {
  describe("on a template that holds a stand-in of the deliver program", () => {
    let template = "";
    before(async () => {
      template = await makeTemplate(daemon());
      await daemon().client.profiles.create(
        { name: unstartable(daemon()), config: { "raw.lxc": "lxc.hook.pre-start = /bin/false" } },
        patience(),
      );
    });
    after(async () => {
      const config = { "security.protection.delete": "false" };
      await daemon().client.instances.patch(template, { config }, patience());
    });
    const make = () => Promise.resolve(new LxdFixture(daemon(), template));

    describeMachines(make);

    describe("beside the contract", () => {
      let fixture: LxdFixture;
      beforeEach(async () => {
        fixture = await make();
      });
      afterEach(() => fixture.dispose());

      it("takes neither the template's protection nor its role over to a clone", async () => {
        const { config, ephemeral, profiles } = await fixture.read(await fixture.launch());
        expect(ephemeral, "what it leaves is looked at").to.equal(false);
        expect(profiles).to.deep.equal(fixture.source.profiles);
        expect(config["security.protection.delete"]).to.equal("false");
        expect(config[KEYS.role]).to.equal("runner");
        expect(config).not.to.have.any.keys(KEYS.image, KEYS.recipe, KEYS.builtAt, KEYS.programs);
      });

      it("delivers the payload unchanged, and nothing of it is in LXD's record", async () => {
        const name = await fixture.launch();
        const payload = `listening\nfile 0644 root /x ${"k".repeat(100_000)}\nenvironment A c2VjcmV0\nstart\n`;
        await fixture.machines.deliver(name, new Secret(payload), patience());
        expect(await fixture.output(name, "cat /root/payload")).to.equal(payload);
        expect(JSON.stringify(await fixture.read(name))).not.to.include("c2VjcmV0");
      });

      it("tells the code with which the application ended before it listened", async () => {
        const name = await fixture.launch();
        const answer = await fixture.machines.deliver(name, new Secret("ended 7\n"), patience());
        expect(answer).to.deep.equal({ ended: 7 });
      });

      it("tells what a runner application does, and nothing that a guest makes up", async () => {
        const name = await fixture.launch();
        const activities = [
          ["job", "job"],
          ["job-started-hook", "job-started-hook"],
          ["ended 0", { ended: 0 }],
          ["ended 7", { ended: 7 }],
          ["ended 1234567", "unknown"],
          ["", "unknown"],
          ["x".repeat(10_000), "unknown"],
        ] as const;
        for (const [printed, activity] of activities) {
          await fixture.output(name, `echo "${printed}" >/activity`);
          expect(await fixture.machines.inspect(name, patience()), printed).to.deep.equal(activity);
        }
      });

      it("tells why the guest could not be prepared", async () => {
        const name = await fixture.launch();
        const error = await failure(fixture.machines.deliver(name, new Secret("unprepared\n"), patience()));
        expect(error).to.be.instanceOf(BootstrapError);
        expect(String(error)).to.include(`'${name}': it cannot be prepared: the snap is not installed`);
      });

      it("tells what the deliver program complains about, and none of the payload", async () => {
        const name = await fixture.launch();
        const payload = new Secret("nonsense c2VjcmV0\n");
        const error = await failure(fixture.machines.deliver(name, payload, patience()));
        expect(error).to.be.instanceOf(BootstrapError);
        expect(String(error)).to.include("ended with 3: no such order").and.not.include("c2VjcmV0");
      });

      it("gives a delivery up at its deadline, and the instance can be destroyed then", async () => {
        const name = await fixture.launch();
        const payload = new Secret("hang\n");
        const error = await failure(
          withDeadline("deliver", 300, patience(), (limited) =>
            fixture.machines.deliver(name, payload, limited),
          ),
        );
        expect(error).to.have.property("code", "deadline");
        await fixture.machines.destroy(name, patience());
        expect(await fixture.exists(name)).to.equal(false);
      });

      it("does not list builders, templates and runners of another unit or model", async () => {
        const own = await fixture.launch();
        await fixture.addInstance(ownerConfig(OWNER, "builder"));
        await fixture.addInstance(ownerConfig(OWNER, "template"));
        await fixture.addInstance(ownerConfig({ ...OWNER, unitName: "runners/1" }, "runner"));
        await fixture.addInstance(ownerConfig({ ...OWNER, deployment: "other" }, "runner"));
        const listed = await fixture.machines.list(patience());
        expect(listed.runners.map(({ name }) => name)).to.deep.equal([own]);
      });

      it("leaves nothing of an aborted launch, however far it came", async () => {
        for (const limitMs of [1, 5, 60, 90, 120, 150]) {
          const name = fixture.freshName();
          const launching = withDeadline("launch", limitMs, patience(), (limited) =>
            fixture.machines.launch(fixture.specOf(name), limited),
          );
          expect(await failure(launching), `${limitMs} ms`).to.have.property("code", "deadline");
          expect(await fixture.exists(name), `${limitMs} ms`).to.equal(false);
        }
      });

      it("destroys instances that are powering off, at whatever moment", async () => {
        const names = await Promise.all(Array.from({ length: 4 }, () => fixture.launch()));
        await Promise.all(
          names.map(async (name, index) => {
            await fixture.powerOff(name);
            await new Promise((resolve) => setTimeout(resolve, index * 60));
            await fixture.machines.destroy(name, patience());
          }),
        );
        expect(await fixture.machines.list(patience())).to.deep.include({ runners: [], standby: [] });
      });
    });
  });
});

async function makeTemplate(daemon: Daemon): Promise<string> {
  const name = await daemon.create("template", {
    config: {
      ...ownerConfig(OWNER, "template"),
      [KEYS.phase]: "ready",
      [KEYS.image]: daemon.image,
      [KEYS.recipe]: "recipe-1",
      "security.protection.delete": "true",
    },
  });
  const program = Buffer.from(DELIVER_PROGRAM);
  await daemon.client.files.put({ instance: name, path: DELIVER }, program, { mode: 0o755 }, patience());
  return name;
}

/** A unit on the daemon of this machine. */
class LxdFixture implements MachinesFixture {
  readonly machines: LxdMachines;
  readonly source: Pick<MachineSpec, "template" | "profiles">;
  readonly #daemon: Daemon;
  readonly #made: string[] = [];

  constructor(daemon: Daemon, template: string) {
    this.#daemon = daemon;
    this.source = { template, profiles: [daemon.profile] };
    this.machines = new LxdMachines({
      client: daemon.client,
      owner: OWNER,
      deliverProgram: DELIVER,
      activityCommand: ["/bin/sh", "-c", "cat /activity 2>/dev/null || echo waiting"],
      startConcurrency: 4,
    });
  }

  freshName(): string {
    const name = this.#daemon.name(`m${names++}`);
    this.#made.push(name);
    return name;
  }

  now(): number {
    return Date.now();
  }

  specOf(name: string): MachineSpec {
    return { name, ...this.source, configHash: "hash-1", scopeKey: "scope-1", deadline: 1_900_000_000_000 };
  }

  async launch(): Promise<string> {
    const name = this.freshName();
    await this.machines.launch(this.specOf(name), patience());
    return name;
  }

  unstartable(spec: MachineSpec): MachineSpec {
    return { ...spec, profiles: [this.#daemon.profile, unstartable(this.#daemon)] };
  }

  async addStranger(): Promise<string> {
    const name = await this.addInstance({});
    await this.#daemon.client.instances.changeState(name, { action: "start" }, patience());
    return name;
  }

  /** A stopped instance. */
  addInstance(config: Readonly<Record<string, string>>): Promise<string> {
    const name = this.freshName();
    return this.#daemon.create(name.slice(this.#daemon.name("").length), { config });
  }

  read(name: string) {
    return this.#daemon.client.instances.get(name, patience());
  }

  async output(name: string, script: string): Promise<string> {
    const command = ["/bin/sh", "-c", script] as const;
    return (await this.#daemon.client.exec.run(name, { command: [...command] }, patience())).stdout;
  }

  async exists(name: string): Promise<boolean> {
    return (await this.#daemon.client.instances.names(patience())).includes(name);
  }

  async stop(name: string): Promise<void> {
    const { instances } = this.#daemon.client;
    await instances.changeState(name, { action: "stop", force: true }, patience());
  }

  async powerOff(name: string): Promise<void> {
    await this.output(name, "kill -TERM 1");
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#made.map((name) => this.machines.destroy(name, patience())));
  }
}

/** The profile of instances that do not start. */
function unstartable(daemon: Daemon): string {
  return daemon.name("unstartable");
}

let names = 0;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
