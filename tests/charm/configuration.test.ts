import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { parseConfiguration, type Configuration } from "../../src/charm/configuration.ts";

type Options = Readonly<Record<string, string | number | boolean>>;

/** Looks like a real one, so that leaks of it are found. */
const TOKEN = "ghp_q7JX2mZ0tVw4Rk9sLbYc1uEaNfDgHiPo3S5x";

/** What `config-get` answers for a charm on which nothing is set. */
const DEFAULTS = Object.fromEntries(
  Object.entries(
    (
      parse(readFileSync(join(import.meta.dirname, "../../config.yaml"), "utf8")) as {
        options: Record<string, { default: string | number | boolean }>;
      }
    ).options,
  ).map(([name, option]) => [name, option.default]),
);
/** The least that a person has to set. */
const LEAST: Options = {
  ...DEFAULTS,
  path: "octo/hello",
  token: TOKEN,
  "instance-type": "container",
  "image-server": "local",
  "base-image": "my-base",
};

function parsed(change: Options = {}): Configuration {
  return parseConfiguration({ ...LEAST, ...change }, checkOptions);
}

function faultsOf(options: Options): ConfigurationError {
  try {
    parseConfiguration(options, checkOptions);
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return thrown;
    throw thrown;
  }
  throw new Error("The options were accepted");
}

describe("parseConfiguration()", () => {
  it("reads the least that has to be set, and the defaults of the rest", () => {
    const { token, ...configuration } = parsed();
    expect(token.reveal()).to.equal(TOKEN);
    expect(configuration).to.deep.include({
      path: { kind: "repository", owner: "octo", repository: "hello" },
      githubUrl: "https://github.com",
      group: "default",
      labels: [],
      denylist: [],
      count: 1,
      instanceType: "container",
      resources: { cpu: 2, memory: "7GiB", disk: "10GiB" },
      baseImage: "my-base",
      imageServer: "local",
    });
    expect(configuration.packages).to.include("docker.io");
  });

  const accepted: readonly (readonly [Options, Partial<Configuration>])[] = [
    [{ path: "octo" }, { path: { kind: "organisation", organisation: "octo" } }],
    [{ path: " octo/hello " }, { path: { kind: "repository", owner: "octo", repository: "hello" } }],
    [{ path: "enterprises/octo-inc" }, { path: { kind: "enterprise", enterprise: "octo-inc" } }],
    [{ "github-url": "https://ghes.example.com/" }, { githubUrl: "https://ghes.example.com" }],
    [{ "github-url": "https://ghes.example.com:8443" }, { githubUrl: "https://ghes.example.com:8443" }],
    [
      { "github-url": "http://127.0.0.1:8080", "test-mode": "insecure" },
      { githubUrl: "http://127.0.0.1:8080" },
    ],
    [{ labels: " large ,, GPU_1,a-b," }, { labels: ["large", "GPU_1", "a-b"] }],
    [
      { denylist: " 10.0.0.0/8 ,, fd00::/8," },
      {
        denylist: [
          { family: 4, first: 10n << 24n, prefix: 8 },
          { family: 6, first: 0xfdn << 120n, prefix: 8 },
        ],
      },
    ],
    [{ "virtual-machines": 0 }, { count: 0 }],
    [{ "vm-cpu": 1, "vm-memory": "512MiB" }, { resources: { cpu: 1, memory: "512MiB", disk: "10GiB" } }],
    [{ "vm-disk": "1EiB" }, { resources: { cpu: 2, memory: "7GiB", disk: "1EiB" } }],
    [{ "image-packages": "git  jq g++" }, { packages: ["git", "jq", "g++"] }],
    [{ "image-packages": "" }, { packages: [] }],
    [{ group: "my group" }, { group: "my group" }],
  ];
  for (const [change, expected] of accepted) {
    it(`accepts ${JSON.stringify(change)}`, () => {
      expect(parsed(change)).to.deep.include(expected);
    });
  }

  const refused: readonly (readonly [Options, option: string, message: RegExp])[] = [
    [{ path: "" }, "path", /^missing; use owner\/repo, an organisation, or enterprises\/<slug>$/],
    [{ path: "   " }, "path", /empty.*owner\/repository/],
    [{ path: "a/b/c" }, "path", /more than two parts.*owner\/repository/],
    [{ path: "https://github.com/octo" }, "path", /owner\/repository/],
    [{ path: "octo/hello.git" }, "path", /owner\/repository/],
    [{ path: "-octo" }, "path", /owner\/repository/],
    [{ token: "" }, "token", /^missing; set it to a personal access token of GitHub$/],
    [{ token: "  " }, "token", /^missing/],
    [{ "github-url": "" }, "github-url", /^missing; use https:\/\/<host>/],
    [{ "github-url": "github.com" }, "github-url", /^not valid; use https:\/\/<host>/],
    [{ "github-url": "https://github.com/octo" }, "github-url", /^not valid; use https:\/\/<host>/],
    [{ "github-url": "http://ghes.example.com" }, "github-url", /use https, or set test-mode=insecure$/],
    [{ group: "" }, "group", /^missing; use the name of a runner group/],
    [
      { denylist: "10.0.0.0/8, 10.0.0.1/8, intranet" },
      "denylist",
      /^"10\.0\.0\.1\/8" is an address inside of 10\.0\.0\.0\/8, "intranet" is no IPv4 or IPv6 address; use networks/,
    ],
    [{ labels: "ok, bad label, fine, é" }, "labels", /^"bad label", "é" cannot be a label; use letters/],
    [{ "virtual-machines": -1 }, "virtual-machines", /^not valid; use 0 or a greater number$/],
    [{ "instance-type": "pod" }, "instance-type", /^not valid; use virtual-machine or container$/],
    [{ "instance-type": "virtual-machine" }, "instance-type", /set instance-type=container$/],
    [{ "vm-cpu": 0 }, "vm-cpu", /^not valid; use 1 or a greater number$/],
    [{ "vm-memory": "7GB" }, "vm-memory", /^not valid; use a number and a unit, such as 7GiB$/],
    [{ "vm-memory": "0GiB" }, "vm-memory", /^not valid/],
    [{ "vm-memory": "1.5GiB" }, "vm-memory", /^not valid/],
    [{ "vm-disk": "" }, "vm-disk", /^missing; use a number and a unit, such as 10GiB$/],
    [{ "base-image": "" }, "base-image", /^missing; use jammy, noble/],
    [{ "base-image": "../x" }, "base-image", /^not valid; use jammy, noble/],
    [{ "image-server": "ftp://x" }, "image-server", /^not valid; use local, or the https URL/],
    [{ "image-server": "https://example.com" }, "image-server", /set image-server=local$/],
    [{ "image-packages": "git; reboot" }, "image-packages", /^not valid; use names of Debian packages/],
    [{ "image-packages": "$(reboot)" }, "image-packages", /^not valid/],
    [{ "reconcile-interval": 1 }, "reconcile-interval", /^not valid; use 2 minutes or more$/],
    [{ "test-mode": "yes" }, "test-mode", /^not valid; use nothing, or insecure$/],
  ];
  for (const [change, option, message] of refused) {
    it(`refuses ${JSON.stringify(change)} and says what is accepted`, () => {
      const { faults } = faultsOf({ ...LEAST, ...change });
      expect(faults.map((fault) => fault.option)).to.deep.equal([option]);
      expect(faults[0]?.text).to.match(message);
    });
  }

  it("tells the faults of several options together, each with the option's name", () => {
    const error = faultsOf({
      ...LEAST,
      path: "",
      token: "",
      labels: "a b",
      "virtual-machines": -1,
      "vm-memory": "lots",
    });
    expect(error.code).to.equal("configuration");
    expect(error.faults.map(({ option }) => option)).to.have.members([
      "path",
      "token",
      "labels",
      "virtual-machines",
      "vm-memory",
    ]);
    for (const { option, text } of error.faults) expect(error.message).to.include(`${option}: ${text}`);
  });

  it("tells what is missing of a charm on which nothing is set", () => {
    const options = faultsOf(DEFAULTS).faults.map(({ option }) => option);
    expect(options).to.have.members(["path", "token", "instance-type", "image-server"]);
  });

  it("echoes no token, whatever else is wrong", () => {
    const error = faultsOf({
      ...LEAST,
      path: "",
      "vm-memory": "x",
      "github-url": TOKEN,
      group: "",
      labels: "",
    });
    expect(JSON.stringify([error.message, error.faults])).not.to.include(TOKEN);
  });

  it("shows no token when the configuration is printed", () => {
    expect(JSON.stringify(parsed())).not.to.include(TOKEN);
  });
});
