import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { PLAIN_GUEST, type GuestSettings } from "../../src/guest/settings.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { GuestMachine } from "./guest-machine.ts";
import { GuestServer } from "./guest-server.ts";
import { Tinyproxy } from "./tinyproxy.ts";

const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

suite(`Docker in a runner${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(720_000);
  this.slow(5000);
  const guest = new GuestMachine("guestdock", "10.219.93", ["btrfs", "size=4GiB"]);
  let proxy: Tinyproxy;
  let server: GuestServer;

  before(async function () {
    await guest.make();
    proxy = await Tinyproxy.start(guest.hostAddress);
    server = await GuestServer.start(guest.hostAddress);
    // The mirror of this machine may be out of a container's reach.
    const install = [
      `export DEBIAN_FRONTEND=noninteractive http_proxy=http://${guest.hostAddress}:${proxy.port}`,
      "apt-get update --quiet >&2 && apt-get install --yes --quiet --no-install-recommends docker.io >&2",
    ].join("\n");
    const { code, stderr } = await guest.attempt(install);
    if (code !== 0) {
      console.log(
        `      (skipped: docker.io cannot be installed: ${stderr.trim().split("\n").at(-1) ?? ""})`,
      );
      this.skip();
    }
    await importBusybox();
  });

  after(async () => {
    server.close();
    await proxy.stop();
    await guest.remove();
  });

  /** An image of nothing but busybox, so that none has to be pulled. */
  const importBusybox = async () => {
    const directory = mkdtempSync(join(tmpdir(), "busybox-"));
    try {
      mkdirSync(join(directory, "bin"));
      execFileSync("cp", ["/bin/busybox", join(directory, "bin/busybox")]);
      execFileSync("tar", ["-C", directory, "-cf", join(directory, "image.tar"), "bin"]);
      await guest.push(join(directory, "image.tar"), "/root/image.tar");
      await guest.run("docker import /root/image.tar busybox");
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const listening = async (settings: GuestSettings) => {
    expect(await guest.become(settings)).to.deep.equal({ code: 0, stdout: "listening\n", stderr: "" });
  };
  const inContainer = (words: string) =>
    guest.run(`su ubuntu -c 'docker run --rm busybox /bin/busybox ${words}'`);

  it("knows its proxies and its mirror when the runner listens", async () => {
    const settings = {
      ...PLAIN_GUEST,
      proxy: {
        http: "http://u:p%40ss@proxy.example:3128",
        https: "http://proxy.example:3129",
        noProxy: ".internal",
      },
      dockerMirror: "https://mirror.example:5000",
    };
    await listening(settings);
    const format = "{{.HTTPProxy}} {{.HTTPSProxy}} {{.NoProxy}} {{.RegistryConfig.Mirrors}}";
    expect(await guest.run(`docker info --format '${format}'`)).to.equal(
      // Docker shows no password.
      `http://xxxxx:xxxxx@proxy.example:3128 http://proxy.example:3129 .internal,${guest.name},.svc [https://mirror.example:5000/]\n`,
    );
  });

  it("keeps its images without subvolumes, which a runner may not create", async () => {
    expect(await guest.run("stat --file-system --format %T /var/lib/docker")).to.equal("btrfs\n");
    expect(await guest.run("docker info --format '{{.Driver}}'")).to.equal("overlay2\n");
  });

  it("gives the proxies to the containers of jobs", async () => {
    const variables = await inContainer("env");
    expect(variables).to.include("http_proxy=http://u:p%40ss@proxy.example:3128\n");
    expect(variables).to.include("HTTPS_PROXY=http://proxy.example:3129\n");
    expect(variables).to.include(`NO_PROXY=.internal,${guest.name},.svc\n`);
  });

  it("has the traffic of containers sent to aproxy", async () => {
    await guest.pretendAproxy();
    await guest.run("rm -rf /home/ubuntu/.docker; echo '203.0.113.9 proxy.example' >>/etc/hosts");
    await listening({
      ...PLAIN_GUEST,
      aproxy: { upstream: "proxy.example:3128", excludeAddresses: [], redirectPorts: [String(server.port)] },
    });
    expect(await inContainer(`wget -q -O - http://${guest.hostAddress}:${server.port}/`)).to.equal(
      "by aproxy",
    );
    expect(server.received).to.deep.equal([]);
  });
});
