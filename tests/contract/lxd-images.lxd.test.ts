import { expect } from "chai";
import sinon from "sinon";
import type { Devices } from "lxd-client";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BaseImageError, ImageBuildError } from "../../src/lxd/errors.ts";
import { LxdImages, type LxdImagesOptions } from "../../src/lxd/lxd-images.ts";
import { missingProgram } from "../../src/lxd/missing-program.ts";
import { KEYS, ownerConfig } from "../../src/lxd/ownership.ts";
import type { ImageRecipe } from "../../src/runners/ports.ts";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import {
  listUnitObjects,
  openInfrastructure,
  roomFor,
  type InfrastructureFixture,
} from "./lxd-infrastructure-fixture.ts";

const LIMIT_MS = 15 * 60_000;
const ARCHIVE_IN_GUEST = "/root/runner.tar.gz";
const BUILD = `set -e
echo "step: Writing a file"
cp ${ARCHIVE_IN_GUEST} /opt/built
`;
const CLEAN = "touch /opt/cleaned; sync\n";

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(`LxdImages${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(LIMIT_MS);
  const signal = () => patience(LIMIT_MS);
  let unit: InfrastructureFixture;
  let images: LxdImages;
  let directory = "";

  before(async () => {
    await ensureBaseImage({}, signal());
    directory = await mkdtemp(join(tmpdir(), "images-contract-"));
    await writeFile(join(directory, "archive"), "the runner application");
    unit = await openInfrastructure();
    await unit.infrastructure.ensure(roomFor(0), signal());
    images = imagesOf(unit);
  });
  afterEach(() => images.prune([], signal()));
  after(async () => {
    await unit.infrastructure.remove(signal());
    await unit.client.close();
    await rm(directory, { recursive: true, force: true });
  });

  const imagesOf = (
    { client, owner, slug, infrastructure, ports }: InfrastructureFixture,
    options: Partial<LxdImagesOptions> = {},
  ) =>
    new LxdImages({
      client,
      owner,
      slug,
      profile: infrastructure.baseProfile,
      ports,
      archivePathInGuest: ARCHIVE_IN_GUEST,
      ...options,
    });
  const recipe = (key: string, change: Partial<ImageRecipe> = {}): ImageRecipe => ({
    base: { server: undefined, alias: BASE_IMAGE_ALIAS },
    arch: "x64",
    application: { version: "2.337.0", archivePath: join(directory, "archive") },
    key: key.padEnd(16, "0"),
    programs: "ours",
    buildScript: BUILD,
    cleanScript: CLEAN,
    ...change,
  });
  const build = (made: ImageRecipe, progress: (step: string) => void = () => undefined) =>
    images.build(made, progress, signal());
  const listed = () => images.list(signal());
  const listObjects = async (fixture = unit) => {
    const { instances, images: stored } = await listUnitObjects(
      fixture.client,
      fixture.slug,
      fixture.owner.unitName,
    );
    return { instances, images: stored };
  };
  const aliased = async () =>
    (await unit.client.imageAliases.list(signal())).find(({ name }) => name === unit.slug)?.target;
  const readFile = async (instance: string, path: string) =>
    (await unit.client.files.read({ instance, path }, 1000, signal())).toString();

  it("are built from the base image by the recipe's scripts, and are found then", async () => {
    const steps: string[] = [];
    expect(await listed()).to.deep.equal([]);
    const startedAt = Date.now();
    const built = await build(recipe("a"), (step) => steps.push(step));
    expect(await listed()).to.deep.equal([built]);
    expect(built.recipe).to.equal(recipe("a").key);
    expect(built.builtAt).to.be.within(startedAt - 1000, Date.now());
    expect(await listObjects()).to.deep.equal({ instances: [built.template], images: [built.fingerprint] });
    expect(await aliased()).to.equal(built.fingerprint);
    expect(await readFile(built.template, "/opt/built")).to.equal("the runner application");
    expect(await readFile(built.template, "/opt/cleaned")).to.equal("");
    expect(steps).to.deep.equal([
      "starting the base image",
      "copying the runner application",
      "Writing a file",
      "publishing",
      "making the template",
    ]);
  });

  it("are compressed by a program that the machine has", async () => {
    const { images: store } = unit.client;
    const publish = store.publish.bind(store);
    const tried: (readonly [string, unknown])[] = [];
    const stub = sinon.stub(store, "publish").callsFake(async (publication, limited) => {
      // This machine has zstd: LXD is asked for a program that it knows and that is not here.
      const compression = publication.compression === "zstd" ? "pigz" : publication.compression;
      const published = publish({ ...publication, compression: compression as "gzip" }, limited);
      tried.push([publication.compression, await failure(published)]);
      return published;
    });
    try {
      const built = await build(recipe("a"));
      expect(await listed()).to.deep.equal([built]);
    } finally {
      stub.restore();
    }
    expect(tried.map(([compression]) => compression)).to.deep.equal(["zstd", "gzip"]);
    expect(missingProgram(tried[0]?.[1])).to.equal("pigz");
  });

  it("have a template that is stopped, and protected from being deleted by hand", async () => {
    const { template } = await build(recipe("a"));
    const { status, config } = await unit.client.instances.get(template, signal());
    expect(status).to.equal("Stopped");
    expect(config["security.protection.delete"]).to.equal("true");
    const deleting = unit.client.instances.delete(template, signal());
    expect(await failure(deleting)).to.be.instanceOf(Error);
    expect(await listed()).to.have.length(1);
  });

  const failures: readonly (readonly [
    string,
    Partial<ImageRecipe>,
    new (...parameters: never[]) => Error,
    RegExp,
  ])[] = [
    [
      "there is no base image of the alias",
      { base: { server: undefined, alias: "no-such-alias" } },
      BaseImageError,
      /no-such-alias/,
    ],
    [
      "the archive is not there",
      { application: { version: "1.0.0", archivePath: "/nonexistent/archive" } },
      ImageBuildError,
      /copying the runner application/,
    ],
    [
      "the build script fails",
      { buildScript: "echo 'step: Breaking'; echo 'no such package' >&2; exit 3" },
      ImageBuildError,
      /Breaking.*ended with 3.*no such package/s,
    ],
    [
      "the template cannot be cleaned",
      { cleanScript: "echo 'no space'; exit 4" },
      ImageBuildError,
      /cleaning the template.*ended with 4.*no space/s,
    ],
  ];
  it("stay as they are when a build fails, whatever the step, and nothing of the failed build is left", async () => {
    const good = await build(recipe("a"));
    for (const [title, change, type, message] of failures) {
      const error = await failure(build(recipe("b", change)));
      expect(error, title).to.be.instanceOf(type);
      expect(String(error), title).to.match(message);
      expect(await listed(), title).to.deep.equal([good]);
      expect(await aliased(), title).to.equal(good.fingerprint);
      expect((await listObjects()).instances, title).to.deep.equal([good.template]);
    }
    await images.prune([good], signal());
    expect(await listObjects()).to.deep.equal({ instances: [good.template], images: [good.fingerprint] });
  });

  it("leave nothing when a build is aborted in its middle", async () => {
    const controller = new AbortController();
    const cause = new Error("the unit is stopping");
    const endless = recipe("a", { buildScript: "echo 'step: Waiting'; sleep 600" });
    const building = images.build(
      endless,
      (step) => {
        if (step === "Waiting") controller.abort(cause);
      },
      controller.signal,
    );
    expect(await failure(building)).to.equal(cause);
    expect(await listObjects()).to.deep.equal({ instances: [], images: [] });
  });

  it("are completed from what a killed build has left", async () => {
    const { client, owner, slug, infrastructure, ports } = unit;
    const built = await build(recipe("a"));
    // A kill while the template was cleaned leaves it without its last keys; one in a later build leaves a builder.
    const config = { [KEYS.phase]: "", "security.protection.delete": "false" };
    await client.instances.patch(built.template, { config }, signal());
    const builder = {
      name: `${slug}-builder`,
      type: "container",
      source: { type: "image", alias: BASE_IMAGE_ALIAS },
      profiles: [infrastructure.baseProfile],
      config: ownerConfig(owner, "builder"),
    } as const;
    const create = (devices: Devices) => client.instances.create({ ...builder, devices }, signal());
    await ports.giving(builder.name, create, signal());
    await client.instances.changeState(builder.name, { action: "start" }, signal());
    expect(await listed()).to.deep.equal([]);
    const steps: string[] = [];
    expect(await build(recipe("a"), (step) => steps.push(step))).to.deep.equal(built);
    // The image was finished: only its template is made again.
    expect(steps).to.deep.equal(["making the template"]);
    await images.prune([built], signal());
    expect(await listObjects()).to.deep.equal({ instances: [built.template], images: [built.fingerprint] });
  });

  it("are built afresh from the same recipe, for newer packages; the earlier ones go with a prune", async () => {
    const first = await build(recipe("a"));
    const second = await build(recipe("a"));
    expect(second.template).not.to.equal(first.template);
    expect(await listed()).to.deep.equal([second, first]);
    expect(await aliased()).to.equal(second.fingerprint);
    await images.prune([second], signal());
    expect(await listObjects()).to.deep.equal({ instances: [second.template], images: [second.fingerprint] });
    expect(await listed()).to.deep.equal([second]);
    await images.prune([], signal());
    expect(await listObjects()).to.deep.equal({ instances: [], images: [] });
  });

  it("are not built where the base image is for instances of the other type, which a person mends", async () => {
    const ofMachines = imagesOf(unit, { instanceType: "virtual-machine" });
    const thrown = await ofMachines
      .build(recipe("a"), () => undefined, signal())
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(BaseImageError);
    expect(String(thrown)).to.include("is none for instance-type=virtual-machine");
    expect(await listObjects()).to.deep.equal({ instances: [], images: [] });
  });

  it("are built in a container that does not shut down in time, too", async () => {
    const stubborn = `${BUILD}
systemd-run --quiet --service-type=oneshot --remain-after-exit --property=TimeoutStopSec=infinity \\
  --property=ExecStop='/bin/sleep infinity' /bin/true
`;
    const made = recipe("a", { buildScript: stubborn });
    const built = await imagesOf(unit, { stopSeconds: 2 }).build(made, () => undefined, signal());
    expect(await readFile(built.template, "/opt/built")).to.equal("the runner application");
  });

  it("of two units do not disturb each other", async () => {
    const other = await openInfrastructure(unit.client);
    const others = imagesOf(other);
    try {
      await other.infrastructure.ensure(roomFor(0), signal());
      const [mine, theirs] = await Promise.all([
        build(recipe("a")),
        others.build(recipe("a"), () => undefined, signal()),
      ]);
      expect(theirs.template).not.to.equal(mine.template);
      await images.prune([], signal());
      expect(await others.list(signal())).to.deep.equal([theirs]);
      expect(await listObjects(other)).to.deep.equal({
        instances: [theirs.template],
        images: [theirs.fingerprint],
      });
    } finally {
      await others.prune([], signal());
      await other.infrastructure.remove(signal());
    }
  });
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
