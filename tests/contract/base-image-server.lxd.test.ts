import { expect } from "chai";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BaseImageError, BaseImageServerError } from "../../src/lxd/errors.ts";
import { LxdImages } from "../../src/lxd/lxd-images.ts";
import type { BaseImage, ImageRecipe, RunnerImage } from "../../src/runners/ports.ts";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { hasOwnDaemon, startOwnDaemon, type OwnDaemon } from "../support/lxd/own-daemon.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { ImageServer } from "../support/simplestreams/image-server.ts";
import { splitImage, type SplitImageFiles } from "../support/simplestreams/split-image.ts";
import { makeCertificates, type TestCertificates } from "../support/simplestreams/test-certificates.ts";
import {
  listUnitObjects,
  openInfrastructure,
  roomFor,
  type InfrastructureFixture,
} from "./lxd-infrastructure-fixture.ts";

const LIMIT_MS = 15 * 60_000;
const ARCHIVE_IN_GUEST = "/root/runner.tar.gz";
const ALIASES = "22.04,j,jammy";

const reason = reasonToSkipLxd() ?? (hasOwnDaemon() ? undefined : "there is no /usr/bin/lxd to start");
const describeLxd = reason === undefined ? describe : describe.skip;

/** On a daemon of its own, since one that runs takes up no new authority. */
describeLxd(
  `A base image of a simplestreams server${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(LIMIT_MS);
    const signal = () => patience(LIMIT_MS);
    const servers: ImageServer[] = [];
    let directory = "";
    let certificates: TestCertificates;
    let files: SplitImageFiles;
    let daemon: OwnDaemon;
    let unit: InfrastructureFixture;
    let images: LxdImages;
    let server: ImageServer;
    let good: RunnerImage;

    before(async () => {
      const base = await ensureBaseImage({}, signal());
      directory = await mkdtemp(join(tmpdir(), "image-server-"));
      // The root user of a container is nobody here, and passes it on its way to its files.
      await chmod(directory, 0o711);
      await writeFile(join(directory, "archive"), "the runner application");
      certificates = await makeCertificates(directory, signal());
      await mkdir(join(directory, "image"));
      files = await splitImage(base.fingerprint, join(directory, "image"), signal());
      daemon = await startOwnDaemon({ directory, authorityFile: certificates.authorityFile }, signal());
      unit = await openInfrastructure(daemon.client);
      await unit.infrastructure.ensure(roomFor(0), signal());
      images = new LxdImages({
        client: unit.client,
        owner: unit.owner,
        slug: unit.slug,
        profile: unit.infrastructure.baseProfile,
        archivePathInGuest: ARCHIVE_IN_GUEST,
        ports: unit.ports,
      });
      server = await serve();
    });
    after(async () => {
      await images.prune([], signal());
      await unit.infrastructure.remove(signal());
      await daemon.stop();
      await Promise.all(servers.map((each) => each.close()));
      await rm(directory, { recursive: true, force: true });
    });

    const serve = async (change: { isDamaged?: boolean; isTrusted?: boolean } = {}): Promise<ImageServer> => {
      const { isDamaged = false, isTrusted = true } = change;
      const identity = isTrusted ? certificates.trusted : certificates.untrusted;
      const listening = await ImageServer.listen({ files, identity, aliases: ALIASES, isDamaged });
      servers.push(listening);
      return listening;
    };
    const build = (base: BaseImage, progress: (step: string) => void = () => undefined) => {
      const recipe: ImageRecipe = {
        base,
        arch: "x64",
        application: { version: "2.337.0", archivePath: join(directory, "archive") },
        key: "a".repeat(16),
        programs: "ours",
        buildScript: `cp ${ARCHIVE_IN_GUEST} /opt/built\n`,
        cleanScript: "sync\n",
      };
      return images.build(recipe, progress, signal());
    };
    const failure = (building: Promise<unknown>): Promise<unknown> =>
      building.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

    it("is fetched over TLS by its alias, and a runner image is built from it", async () => {
      const steps: string[] = [];
      good = await build({ server: server.url, alias: "jammy" }, (step) => steps.push(step));
      expect(steps[0]).to.equal("fetching the base image");
      expect(server.requests).to.include("image/rootfs.squashfs");
      const built = { instance: good.template, path: "/opt/built" };
      expect((await unit.client.files.read(built, 100, signal())).toString()).to.equal(
        "the runner application",
      );
    });

    const faults: readonly (readonly [
      string,
      () => Promise<BaseImage>,
      new (...parameters: never[]) => Error,
      RegExp,
    ])[] = [
      [
        "the server has no such alias",
        async () => ({ server: (await serve()).url, alias: "jamy" }),
        BaseImageError,
        /image server https:\S+ has no image with the alias 'jamy'; set base-image/,
      ],
      [
        "nobody answers",
        async () => {
          const gone = await serve();
          const { url } = gone;
          await gone.close();
          servers.splice(servers.indexOf(gone), 1);
          return { server: url, alias: "jammy" };
        },
        BaseImageServerError,
        /Cannot fetch the base image 'jammy' from https:.*connection refused/,
      ],
      [
        "its certificate is signed by nobody that LXD trusts",
        async () => ({ server: (await serve({ isTrusted: false })).url, alias: "jammy" }),
        BaseImageServerError,
        /certificate signed by unknown authority/,
      ],
      [
        "the files do not have the checksums that it names",
        async () => ({ server: (await serve({ isDamaged: true })).url, alias: "jammy" }),
        BaseImageServerError,
        /Hash mismatch/,
      ],
      [
        "the address is of no simplestreams server",
        async () => ({ server: `${(await serve()).url}/elsewhere`, alias: "jammy" }),
        BaseImageServerError,
        /404/,
      ],
    ];
    for (const [title, base, type, message] of faults) {
      it(`fails the build when ${title}; the last good image stays, and nothing of the build`, async () => {
        const thrown = await failure(build(await base()));
        expect(thrown).to.be.instanceOf(type);
        expect(String(thrown)).to.match(message);
        expect(await images.list(signal())).to.deep.equal([good]);
        const { instances, images: stored } = await listUnitObjects(
          unit.client,
          unit.slug,
          unit.owner.unitName,
        );
        expect(instances).to.deep.equal([good.template]);
        expect(stored).to.deep.equal([good.fingerprint]);
      });
    }

    it("is taken from LXD's store while the server that it came from is away", async () => {
      const { url } = server;
      await server.close();
      servers.splice(servers.indexOf(server), 1);
      const name = `${unit.slug}-cached`;
      const source = {
        type: "image",
        mode: "pull",
        server: url,
        protocol: "simplestreams",
        alias: "jammy",
      } as const;
      const profiles = [unit.infrastructure.baseProfile];
      await unit.client.instances.create({ name, type: "container", source, profiles }, signal());
      await unit.client.instances.delete(name, signal());
    });
  },
);
