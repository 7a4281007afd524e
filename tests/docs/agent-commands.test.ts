import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import type { JsonObject } from "juju-charm";
import { runAgent, type Ended } from "../../packages/juju-agent/tests/run-agent.ts";
import { packCharm } from "../../packages/juju-agent/tests/tiny-charm.ts";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { parseConfiguration } from "../../src/charm/configuration.ts";
import { TOKEN } from "../charm/least-options.ts";
import { asAgent } from "./commands/as-agent.ts";
import { commandPages, readCommands, readPage, wordsOf } from "./commands/read-commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Verbs of the agent that need a machine of their own: see runner-agent.lxd.test.ts and verbs.test.ts. */
const ELSEWHERE = ["install", "uninstall", "serve", "top", "completion"];
/** Files that pages name. */
const FILES: Readonly<Record<string, string>> = {
  "token.txt": TOKEN,
  "new-token.txt": `${TOKEN}2`,
  "my-app.private-key.pem": "-----BEGIN RSA PRIVATE KEY-----\n",
  "company-authority.pem": rootCertificates[0] ?? "",
  "check.sh": "#!/bin/sh\n",
};

/** Words of the agent for the commands of a page that it can do. */
function callsOf(page: string): readonly (readonly string[])[] {
  return readCommands(readPage(page)).flatMap((command) => {
    const [program = "", ...words] = wordsOf(command);
    const isOfAgent = program === "github-runner-agent" && !ELSEWHERE.includes(words[0] ?? "");
    const call = program === "juju" ? asAgent(words) : isOfAgent ? words : undefined;
    return call === undefined ? [] : [call];
  });
}

describe("commands of juju and the agent in the documentation", function () {
  this.timeout(180_000);
  let directory: string;
  let archive: string;
  let isDeployed: boolean;
  let secret: string;
  const agent = (...words: readonly string[]) => runAgent(join(directory, "state"), ...words);
  const answer = async (...words: readonly string[]) =>
    JSON.parse((await agent(...words, "--format", "json")).stdout) as Readonly<Record<string, unknown>>;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "docs-commands-"));
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(directory, name), content);
    // The real options, actions and storage, and hooks that do nothing.
    archive = await packCharm(join(directory, "it.charm"), "status-set active ready", {
      "metadata.yaml": read("charm.yaml").replace(/^bases:[^]*?\n\n/m, ""),
      "config.yaml": read("config.yaml"),
      "actions.yaml": read("actions.yaml"),
    });
    isDeployed = false;
    secret = "";
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  async function deploy(...words: readonly string[]): Promise<Ended> {
    isDeployed = true;
    return agent("deploy", archive, ...words);
  }

  /** Fills in what a page leaves to its reader: files, and names that only a unit knows. */
  function filledIn(word: string): string {
    return word
      .replace(/(=@|#file=|^)([\w.-]+\.(?:txt|pem|sh|yaml))$/, (_all, before: string, name: string) => {
        return `${before}${join(directory, name)}`;
      })
      .replace("secret:<id>", secret)
      .replace("<runner>", "github-runner-0-abc");
  }

  async function run([verb = "", ...rest]: readonly string[]): Promise<Ended> {
    if (!isDeployed && verb !== "deploy")
      await deploy("--config", "path=octo/hello", "--config", `token=${TOKEN}`);
    if (verb === "deploy") {
      if (isDeployed) await agent("remove");
      return deploy(...rest.filter((word) => !word.endsWith(".charm")).map(filledIn));
    }
    if (verb === "remove") isDeployed = false;
    const words = rest.map((word) => (word.endsWith(".charm") ? archive : filledIn(word)));
    const ended = await agent(verb, ...words);
    if (verb === "add-secret") secret = ended.stdout.trim();
    return ended;
  }

  /** What the charm would say of its options; empty when it takes them. */
  async function faults(): Promise<readonly string[]> {
    const { settings } = await answer("config");
    const values = Object.entries(settings as Readonly<Record<string, { readonly value?: unknown }>>);
    const options = Object.fromEntries(values.map(([name, { value }]) => [name, value])) as JsonObject;
    const model = await answer("model-config");
    const setting = (name: string) => (typeof model[name] === "string" ? model[name] : undefined);
    const proxies = {
      http: setting("juju-http-proxy"),
      https: setting("juju-https-proxy"),
      noProxy: setting("juju-no-proxy"),
    };
    try {
      parseConfiguration({ options, proxies }, checkOptions);
      return [];
    } catch (thrown) {
      if (thrown instanceof ConfigurationError) return thrown.faults.map(({ option }) => option);
      throw thrown;
    }
  }

  const pages = commandPages().filter((page) => callsOf(page).length > 0);

  it("are those of many pages", () => {
    expect(pages).to.include.members(["README.md", "docs/how-to/run-without-juju.md"]);
    expect(pages.length).to.be.greaterThan(15);
  });

  for (const page of pages) {
    it(`${page}: the agent does what they say, and the charm takes the options`, async () => {
      for (const [, name = "", content = ""] of readPage(page).matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms))
        writeFileSync(join(directory, name), content);
      writeFileSync(join(directory, "runners.yaml"), "path: octo/hello\ntoken: ghp_x\n", { flag: "a" });
      for (const call of callsOf(page)) {
        const { code, stderr } = await run(call);
        expect(code, `${call.join(" ")}\n${stderr}`).to.equal(0);
        if (call[0] === "config") expect(await faults(), call.join(" ")).to.deep.equal([]);
      }
    });
  }

  it("are refused when they name what does not exist", async () => {
    const wrong = ["config --app github-runner lables=x", "run --unit github-runner/0 flush", "stauts"];
    for (const words of wrong) expect((await run(words.split(" "))).code, words).not.to.equal(0);
    await run(["config", "denylist=10.0.0.1/8"]);
    expect(await faults()).to.deep.equal(["denylist"]);
  });
});
