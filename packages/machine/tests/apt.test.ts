import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Apt, CommandError, MachineNameError, type ProcessOutcome, type RunProcess } from "../src/index.ts";

const SIGNAL = new AbortController().signal;
const OK: ProcessOutcome = { exitCode: 0, stdout: "", stderr: "" };

/** A machine that knows these packages; other programs end as `outcome` says. */
function machine(known: Readonly<Record<string, string>> = {}, outcome: Partial<ProcessOutcome> = {}) {
  const commands: string[] = [];
  const run: RunProcess = (command) => {
    const words = command.slice(command.findIndex((word) => /^(?:apt-get|dpkg-query)$/.test(word)));
    if (words[0] === "dpkg-query") {
      const stdout = known[words.at(-1) ?? ""];
      return Promise.resolve(
        stdout === undefined ? { ...OK, exitCode: 1, stderr: "no packages" } : { ...OK, stdout },
      );
    }
    commands.push(words.filter((word) => !/^(?:--yes|--quiet|-o|D\S*=\S*)$/.test(word)).join(" "));
    return Promise.resolve({ ...OK, ...outcome });
  };
  return { apt: new Apt({ run }), run, commands };
}

describe("Apt", () => {
  it("knows what is installed, and what has only left its configuration", async () => {
    const { apt } = machine({ curl: "installed 7.88.1-10 amd64\n", old: "config-files 1.0 all\n" });
    const curl = { name: "curl", version: "7.88.1-10", architecture: "amd64" };
    expect(await apt.installed("curl", SIGNAL)).to.deep.equal(curl);
    expect(await apt.installed("old", SIGNAL)).to.equal(undefined);
    expect(await apt.installed("absent", SIGNAL)).to.equal(undefined);
  });

  it("installs names, versions and files in one call, and nothing for none", async () => {
    const { apt, commands } = machine();
    await apt.update(SIGNAL);
    await apt.install(["jq", { name: "curl", version: "7.88.1-10" }, { file: "/srv/web.deb" }], SIGNAL);
    await apt.install([], SIGNAL);
    expect(commands).to.deep.equal(
      [
        "update --error-on=any",
        "install --no-install-recommends --allow-downgrades -- jq curl=7.88.1-10 /srv/web.deb",
      ].map((words) => `apt-get ${words}`),
    );
  });

  it("removes what is installed, and purges what has only left its configuration", async () => {
    const { apt, commands } = machine({ jq: "installed 1.6 amd64\n" });
    await apt.remove(["jq", "absent"], SIGNAL);
    await apt.remove(["absent"], SIGNAL);
    await apt.remove(["old"], SIGNAL, { purge: true });
    expect(commands).to.deep.equal(["apt-get remove -- jq", "apt-get purge -- old"]);
  });

  it("carries the end of the output in its error, with a bound", async () => {
    const stderr = `${"x".repeat(20_000)}\nE: Unable to locate package nosuch\n`;
    const { apt } = machine({}, { exitCode: 100, stdout: "y".repeat(20_000), stderr });
    const error = (await apt.install(["nosuch"], SIGNAL).catch((thrown: unknown) => thrown)) as CommandError;
    expect(error).to.be.instanceOf(CommandError).and.to.include({ code: "apt", exitCode: 100 });
    expect(error.message).to.match(/^Cannot install nosuch: .*Unable to locate package nosuch$/s);
    expect(error.message.length).to.be.lessThan(2000);
    expect(error.stderr)
      .to.have.lengthOf(8192)
      .and.to.match(/nosuch\n$/);
    expect(error.stdout).to.have.lengthOf(8192);
  });

  for (const [title, use] of [
    ["an option for a package", (apt: Apt) => apt.install(["--download-only"], SIGNAL)],
    ["a pattern for a package", (apt: Apt) => apt.remove(["linux-*"], SIGNAL)],
    ["a name with a trailing minus, which apt would remove", (apt: Apt) => apt.install(["sudo-"], SIGNAL)],
    ["a file that is not absolute", (apt: Apt) => apt.install([{ file: "x.deb" }], SIGNAL)],
    ["a version that is an option", (apt: Apt) => apt.install([{ name: "jq", version: "-1" }], SIGNAL)],
    ["a path for a repository", (apt: Apt) => apt.removeRepository("../x")],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const { apt, commands } = machine();
      const thrown: unknown = await use(apt).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(MachineNameError);
      expect(commands).to.deep.equal([]);
    });
  }

  it("writes repositories with their keys, and removes them", async () => {
    const sources = mkdtempSync(join(tmpdir(), "sources-"));
    try {
      const apt = new Apt({ run: machine().run, sources });
      const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINB\n-----END PGP PUBLIC KEY BLOCK-----\n";
      const repository = {
        name: "web",
        uri: "https://deb.example.com",
        suites: ["noble"],
        components: ["main"],
        key,
      };
      await apt.addRepository(repository);
      expect(readFileSync(join(sources, "web.sources"), "utf8")).to.equal(
        [
          "X-Repolib-Name: web\nTypes: deb\nURIs: https://deb.example.com\nSuites: noble\nComponents: main\nSigned-By: ",
          " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINB\n -----END PGP PUBLIC KEY BLOCK-----\n",
        ].join("\n"),
      );
      const bad = await apt
        .addRepository({ ...repository, suites: ["noble\nTrusted: yes"] })
        .catch((error: unknown) => error);
      expect(bad).to.be.instanceOf(MachineNameError);
      await apt.removeRepository("web");
      await apt.removeRepository("web");
      expect(readdirSync(sources)).to.deep.equal([]);
    } finally {
      rmSync(sources, { recursive: true });
    }
  });
});
