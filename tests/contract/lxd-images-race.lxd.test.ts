import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LxdImages } from "../../src/lxd/lxd-images.ts";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import type { ImageRecipe, RunnerImage } from "../../src/runners/ports.ts";
import { settleAll } from "charm-kit";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import {
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "./lxd-infrastructure-fixture.ts";

const LIMIT_MS = 15 * 60_000;

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `LxdImages beside LxdMachines${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(LIMIT_MS);
    const signal = () => patience(LIMIT_MS);
    let unit: InfrastructureFixture;
    let images: LxdImages;
    let machines: LxdMachines;
    let directory = "";
    let first: RunnerImage;
    let launched = 0;

    before(async () => {
      await ensureBaseImage({}, signal());
      directory = await mkdtemp(join(tmpdir(), "images-race-"));
      await writeFile(join(directory, "archive"), "the runner application");
      unit = await openInfrastructure();
      const { client, owner, slug, infrastructure, ports } = unit;
      await infrastructure.ensure(roomFor(0), signal());
      images = new LxdImages({
        client,
        owner,
        slug,
        profile: infrastructure.baseProfile,
        ports,
        archivePathInGuest: "/root/runner.tar.gz",
      });
      machines = new LxdMachines({
        client,
        owner,
        deliverProgram: "/bin/true",
        activityCommand: ["/bin/false"],
        startConcurrency: 2,
        ports,
      });
      first = await build("a");
    });
    after(async () => {
      for (const { name } of (await machines.list(signal())).runners) await machines.destroy(name, signal());
      await images.prune([], signal());
      await unit.infrastructure.remove(signal());
      await unit.client.close();
      await rm(directory, { recursive: true, force: true });
    });

    const build = (key: string) => {
      const recipe: ImageRecipe = {
        base: { server: undefined, alias: BASE_IMAGE_ALIAS },
        arch: "x64",
        application: { version: "2.337.0", archivePath: join(directory, "archive") },
        key: key.padEnd(16, "0"),
        programs: "ours",
        buildScript: "true\n",
        cleanScript: "sync\n",
      };
      return images.build(recipe, () => undefined, signal());
    };
    const launch = async ({ template }: RunnerImage) => {
      const name = `${unit.slug}-run${launched++}`;
      const profiles = unit.infrastructure.profiles(SMALL);
      const deadline = Date.now() + LIMIT_MS;
      await machines.launch(
        { name, template, profiles, configHash: "race", scopeKey: "", deadline },
        signal(),
      );
      return name;
    };
    const alias = async () =>
      (await unit.client.imageAliases.list(signal())).find(({ name }) => name === unit.slug)?.target;

    it("moves the alias to a new image while runners are being made from the old one, and disturbs none", async () => {
      const seen = new Set<string | undefined>();
      const building = build("b");
      const over = new AbortController();
      const done = building.finally(() => {
        over.abort();
      });
      const made: string[] = [];
      while (!over.signal.aborted) {
        made.push(await launch(first));
        seen.add(await alias());
        if (made.length > 3) await machines.destroy(made.shift() ?? "", signal());
      }
      const second = await done;
      // One or the other at each reading: never none.
      expect([first.fingerprint, second.fingerprint]).to.include.members([...seen]);
      expect(await alias()).to.equal(second.fingerprint);
      const running = (await machines.list(signal())).runners.filter(({ state }) => state === "running");
      expect(running.map(({ name }) => name)).to.have.members(made);
      await images.prune([second], signal());
      expect(await images.list(signal())).to.deep.equal([second]);
      // Clones live on without what they were made from.
      const after = (await machines.list(signal())).runners.filter(({ state }) => state === "running");
      expect(after.map(({ name }) => name)).to.have.members(made);
      expect(made.length).to.be.greaterThan(0);
      first = second;
    });

    it("keeps a template while LXD makes clones of it, and lets it go afterwards", async () => {
      const newer = await build("c");
      const launching = settleAll([1, 2, 3, 4], 4, () => launch(first));
      // As a reconcile does that a kill has ended: LXD goes on with the clone.
      while ((await unit.client.operations.touching(first.template, signal())).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await images.prune([newer], signal());
      const outcomes = await launching;
      const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      // What had begun was completed; what would have begun later may have found no template.
      expect(made.length, JSON.stringify(outcomes)).to.be.greaterThan(0);
      const running = (await machines.list(signal())).runners.filter(({ state }) => state === "running");
      expect(running.map(({ name }) => name)).to.include.members(made);
      await images.prune([newer], signal());
      expect(await images.list(signal())).to.deep.equal([newer]);
    });
  },
);
