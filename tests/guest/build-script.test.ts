import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { buildScript, chooseDockerDriver, cleanScript } from "../../src/guest/build-script.ts";
import { startScripts, startUnit } from "../../src/guest/start-scripts.ts";
import { imageRecipe } from "../../src/runners/image-recipe.ts";

const packages = ["docker.io", "jq"];

/** The files that a build script writes, by path, as `base64 --decode` would. */
function filesIn(script: string): Map<string, string> {
  const written = script.matchAll(/^base64 --decode >(\S+) <<'CONTENT'\n([\s\S]*?)^CONTENT$/gm);
  return new Map(
    [...written].map(([, path = "", content = ""]) => [path, Buffer.from(content, "base64").toString()]),
  );
}

describe("buildScript()", () => {
  it("stops at the first step that fails", () => {
    expect(buildScript({ packages })).to.match(/^set -euo pipefail\n/);
    expect(cleanScript).to.match(/^set -euo pipefail\n/);
  });

  it("upgrades and installs the packages, as operands and never as options", () => {
    const script = buildScript({ packages });
    expect(script).to.match(/^apt-get .* update$\n.*\n^apt-get .* upgrade$/m);
    expect(script).to.match(/^apt-get .* install --no-install-recommends -- docker\.io jq$/m);
  });

  it("installs aproxy at the revision of the architecture, where that is wanted", () => {
    const lineFor = (arch: "x64" | "arm64") =>
      /^snap install .*$/m.exec(buildScript({ packages, aproxy: arch }))?.[0];
    expect(lineFor("x64")).to.equal("snap install aproxy --channel=edge --revision=8");
    expect(lineFor("arm64")).to.equal("snap install aproxy --channel=edge --revision=9");
    expect(buildScript({ packages })).to.not.contain("snap ");
  });

  it("goes through the model's proxies, and has the daemon of snaps forget them", () => {
    const proxy = { http: "http://squid:3128", https: undefined, noProxy: "10.0.0.1,it's" };
    const script = buildScript({ packages, proxy, aproxy: "x64" });
    expect(script).to.contain("export http_proxy='http://squid:3128' HTTP_PROXY='http://squid:3128'\n");
    expect(script).to.contain("export no_proxy='10.0.0.1,it'\\''s'");
    expect(script).to.not.contain("https_proxy");
    expect(script).to.match(
      /^snap set system 'proxy.http=.*$\n^snap install .*$\n^snap unset system proxy.http$/m,
    );
    expect(buildScript({ packages })).to.not.match(/proxy/i);
  });

  it("fetches programs by addresses that stay operands", () => {
    const executables = [{ url: "https://example.com/yq_linux_amd64?a=$(id)", cmd: "yq" }];
    expect(buildScript({ packages, executables })).to.contain(
      "--output-document='/usr/local/bin/yq' -- 'https://example.com/yq_linux_amd64?a=$(id)'; then\n" +
        "    chmod 755 '/usr/local/bin/yq'\n",
    );
  });

  it("needs no package archive when there is nothing to install", () => {
    expect(buildScript({ packages: [] })).to.not.contain("apt-get update");
  });

  it("puts certificates into the guest's store before any download, and again after the packages", () => {
    const [first = "", second = ""] = rootCertificates;
    const script = buildScript({ packages, certificates: `${first}\n${second}\n` });
    const files = filesIn(script);
    expect(files.get("/usr/local/share/ca-certificates/github-runner-1.crt")).to.equal(`${first}\n`);
    expect(files.get("/usr/local/share/ca-certificates/github-runner-2.crt")).to.equal(`${second}\n`);
    const bundle = "/usr/local/lib/github-runner/ca-certificates.pem";
    expect(files.get(bundle)).to.equal(`${first}\n${second}\n`);
    const positions = [
      `export NODE_EXTRA_CA_CERTS=${bundle}`,
      "then update-ca-certificates; fi",
      "step: Updating the package lists",
      "install --no-install-recommends -- docker.io",
      "\nupdate-ca-certificates\n",
      "npm install --global",
    ].map((text) => script.indexOf(text));
    expect(positions).to.not.include(-1);
    expect(positions).to.deep.equal(positions.toSorted((left, right) => left - right));
    execFileSync("bash", ["-n"], { input: script, stdio: ["pipe", "ignore", "pipe"] });
  });

  it("tells each step before it begins", () => {
    const steps = [...buildScript({ packages }).matchAll(/^echo "step: (.*)"$/gm)].map(([, step]) => step);
    expect(steps).to.deep.equal([
      "Quieting the system",
      "Updating the package lists",
      "Upgrading packages",
      "Installing packages",
      "Preparing the runner user",
      "Unpacking the runner application",
    ]);
  });

  it("writes the guest's programs and their unit as they are, with mode and owner", () => {
    const script = buildScript({ packages });
    const files = filesIn(script);
    expect(files.size).to.equal(startScripts.length + 2);
    for (const { path, mode, owner, content } of [...startScripts, startUnit]) {
      expect(files.get(path), path).to.equal(content);
      expect(script).to.contain(`chmod ${mode} ${path}\n`);
      expect(script).to.contain(`chown ${owner}:${owner} ${path}\n`);
    }
  });

  it("gives root the programs that run as root", () => {
    expect(startScripts.map(({ owner }) => owner)).to.deep.equal(startScripts.map(() => "root"));
  });

  it("changes the owner of the runner's home before root's programs are put there", () => {
    const script = buildScript({ packages });
    const delivered = script.indexOf("chown -R ubuntu:ubuntu /home/ubuntu");
    expect(delivered).to.be.above(-1);
    for (const { path } of startScripts) expect(script.indexOf(`>${path} `), path).to.be.above(delivered);
  });

  it("has Docker keep its images without subvolumes on btrfs, and choose itself on other disks", () => {
    const directory = mkdtempSync(join(tmpdir(), "build-script-"));
    try {
      const chosenOn = (fileSystem: string) => {
        writeFileSync(join(directory, "stat"), `#!/bin/sh\necho ${fileSystem}\n`, { mode: 0o755 });
        const env = { PATH: `${directory}:${process.env["PATH"] ?? ""}` };
        return execFileSync("sh", ["-c", chooseDockerDriver], { env, encoding: "utf8" });
      };
      expect(chosenOn("btrfs")).to.equal("DOCKER_DRIVER=overlay2\n");
      // Docker with a driver that the disk does not support would not start.
      for (const other of ["zfs", "ext2/ext3", "xfs", "tmpfs"]) expect(chosenOn(other), other).to.equal("");
    } finally {
      rmSync(directory, { recursive: true });
    }
    const unit = filesIn(buildScript({ packages })).get("/etc/systemd/system/docker.service.d/forward.conf");
    const [, command = ""] = /^ExecStartPre=\/bin\/sh -c '(.*) >(.*)'$/m.exec(unit ?? "") ?? [];
    expect(command.replaceAll("%%", "%").replaceAll("$$", "$")).to.equal(chooseDockerDriver);
    expect(unit).to.not.match(/^Environment=DOCKER_DRIVER/m);
  });

  it("is a program that bash can read", () => {
    for (const script of [buildScript({ packages }), buildScript({ packages: [] }), cleanScript]) {
      execFileSync("bash", ["-n"], { input: script, stdio: ["pipe", "ignore", "pipe"] });
    }
  });
});

describe("imageRecipe()", () => {
  const application = { version: "2.330.0", archivePath: "/var/cache/runner.tar.gz" };
  const ingredients = {
    base: { server: undefined, alias: "jammy" },
    arch: "x64",
    application,
    packages,
  } as const;

  it("has the same key for the same ingredients, wherever the archive lies", () => {
    const moved = { ...application, archivePath: "/elsewhere" };
    expect(imageRecipe({ ...ingredients, application: moved }).key).to.equal(imageRecipe(ingredients).key);
  });

  it("has the same key whatever proxy the build goes through, and goes through it", () => {
    const proxied = imageRecipe({
      ...ingredients,
      proxy: { http: "http://squid:3128", https: undefined, noProxy: "" },
    });
    expect(proxied.key).to.equal(imageRecipe(ingredients).key);
    expect(proxied.buildScript).to.contain("http://squid:3128");
  });

  it("fetches yq for the architecture", () => {
    expect(imageRecipe(ingredients).buildScript).to.contain("yq_linux_amd64");
    expect(imageRecipe({ ...ingredients, arch: "arm64" }).buildScript).to.contain("yq_linux_arm64");
  });

  it("has another key for another base, architecture, application or package", () => {
    const others = [
      ingredients,
      { ...ingredients, base: { server: undefined, alias: "noble" } },
      { ...ingredients, base: { server: "https://mirror.example", alias: "jammy" } },
      { ...ingredients, arch: "arm64" as const },
      { ...ingredients, application: { ...application, version: "2.331.0" } },
      { ...ingredients, packages: ["docker.io"] },
      { ...ingredients, hasAproxy: true },
      { ...ingredients, certificates: rootCertificates[0] },
    ];
    expect(new Set(others.map((each) => imageRecipe(each).key)).size).to.equal(others.length);
  });
});
