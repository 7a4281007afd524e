import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { runShellScript } from "../support/run-shell-script.ts";
import { Rig } from "../support/rig/rig.ts";
import { timedLines } from "../vm/timed-lines.ts";

/** Keeps the images for the next time. */
const CACHE = join(import.meta.dirname, "../../.cache/ubuntu");
const LIMIT_MS = 30 * 60_000;
/** Releases of Ubuntu, and what their `/etc/os-release` says of them. */
const RELEASES = { jammy: "22.04" } as const;
const minutes = (count: number) => AbortSignal.timeout(count * 60_000);

/** Needs LXD, the packed charm and a mirror of Ubuntu: `npm run test:ubuntu`. */
for (const [release, version] of Object.entries(RELEASES)) {
  describe(`runners on Ubuntu ${release}`, function () {
    this.timeout(LIMIT_MS);
    this.bail(true);
    const say = timedLines();
    const alias = `ubuntu-${release}-for-tests`;
    let rig: Rig;

    before(async () => {
      const image = join(CACHE, `${release}.tar`);
      await mkdir(CACHE, { recursive: true });
      if (!existsSync(image)) {
        const path = join(import.meta.dirname, "build.sh");
        const code = await runShellScript({ path, words: [release, image], progress: say }, minutes(20));
        expect(code, "exit code of build.sh").to.equal(0);
      }
      execFileSync("lxc", ["image", "import", image, "--alias", alias], { stdio: "ignore" });
      rig = await Rig.start(
        {
          application: `u${release}`,
          onEvent: (event) => {
            if (event.kind === "status") say(`${event.status.name}: ${event.status.message}`);
          },
        },
        minutes(5),
      );
    });
    after(async () => {
      await rig.close(minutes(5));
      execFileSync("lxc", ["image", "delete", alias], { stdio: "ignore" });
    });

    it("have an image that the charm built", async () => {
      await rig.deploy({ "base-image": alias }, minutes(25));
      expect(await rig.status()).to.equal("active: 0 runners");
    });

    it("run a job as the user ubuntu, with sudo, and cannot reach the machine", async () => {
      await rig.configure({ "virtual-machines": "1" }, minutes(10));
      expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
      const [name = ""] = await rig.machines(minutes(1));
      const { id } = await rig.queue(
        [
          '. /etc/os-release; test "$ID $VERSION_ID" = "ubuntu ' + version + '"',
          'test "$(id -un)" = ubuntu && test "$(sudo id -u)" = 0',
          "curl --version >/dev/null && python3 --version && jq --version",
          "gateway=$(ip -4 route show default | cut -d' ' -f3)",
          'if timeout 5 bash -c "</dev/tcp/$gateway/22"; then echo "the machine answers"; exit 1; fi',
        ],
        minutes(1),
      );
      const job = await rig.ended(id, minutes(10));
      expect(job.conclusion, job.log).to.equal("success");
      await rig.gone(name, minutes(5));
    });

    it("are replaced after a job, and leave nothing when they are removed", async () => {
      await rig.reconcile(minutes(5));
      expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
      await rig.remove(minutes(5));
      expect(await rig.registrations(minutes(1))).to.deep.equal([]);
      expect(await rig.machines(minutes(1))).to.deep.equal([]);
    });
  });
}
