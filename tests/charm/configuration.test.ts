import { generateKeyPairSync } from "node:crypto";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import {
  parseConfiguration,
  parseForgeConfiguration,
  type CharmConfiguration,
} from "../../src/charm/configuration.ts";
import type { Proxies } from "juju-charm";
import { DEFAULT_OPTIONS, LEAST_OPTIONS, NO_PROXIES, SECRET_ID, TOKEN } from "./least-options.ts";

type Options = Readonly<Record<string, string | number | boolean>>;

/** Certificates of real authorities. */
const [FIRST = "", SECOND = ""] = rootCertificates;

const LEAST: Options = LEAST_OPTIONS;
const PROXY: Proxies = { http: "http://squid.internal:3128", https: undefined, noProxy: "10.0.0.1, .local" };

function parsed(change: Options = {}, proxies: Proxies = NO_PROXIES): CharmConfiguration {
  return parseConfiguration({ options: { ...LEAST, ...change }, proxies }, checkOptions);
}

function faultsOf(options: Options, proxies: Proxies = NO_PROXIES): ConfigurationError {
  try {
    parseConfiguration({ options, proxies }, checkOptions);
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return thrown;
    throw thrown;
  }
  throw new Error("The options were accepted");
}

describe("parseConfiguration()", () => {
  it("names changed immutable options together with other faults", () => {
    const installed = { "base-image": "jammy", "runner-storage": "memory" };
    const sources = { options: { ...LEAST, path: "a/b/c/d" }, proxies: NO_PROXIES };
    const texts = (given: typeof installed | null) => {
      try {
        parseConfiguration({ ...sources, installed: given }, checkOptions);
      } catch (thrown) {
        if (thrown instanceof ConfigurationError) return thrown.faults.map(({ option }) => option);
        throw thrown;
      }
      return [];
    };
    expect(texts(null)).to.deep.equal(["path"]);
    expect(texts(installed)).to.deep.equal(["path", "base-image", "runner-storage"]);
    expect(texts({ "base-image": "my-base", "runner-storage": "juju-storage" })).to.deep.equal(["path"]);
  });

  it("parses the required options, with defaults for all others", () => {
    const configuration = parsed();
    expect(configuration.credentials.by === "token" && configuration.credentials.token.reveal()).to.equal(
      TOKEN,
    );
    expect(configuration).to.deep.include({
      path: { kind: "repository", owner: "octo", repository: "hello" },
      githubUrl: "https://github.com",
      group: "default",
      labels: [],
      denylist: [],
      count: 1,
      scaling: undefined,
      instanceType: "container",
      resources: { cpu: 2, memory: "7GiB", disk: "10GiB" },
      processes: 8192,
      subnet: undefined,
      baseImage: "my-base",
      imageServer: "local",
      reconcileMinutes: 10,
      metricsPort: undefined,
      capsules: { count: 50, bytes: 256 * 2 ** 20, ageMs: 7 * 86_400_000 },
      proxy: undefined,
      aproxy: undefined,
      dockerMirror: undefined,
      preJobScript: "",
      storage: "juju-storage",
      policy: { by: "nobody" },
      insecure: false,
    });
    expect(configuration.packages).to.include("docker.io");
  });

  const accepted: readonly (readonly [Options, Partial<CharmConfiguration>])[] = [
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
    [
      { "runner-subnet": " 192.168.50.0/24 " },
      { subnet: { family: 4, first: (192n << 24n) + (168n << 16n) + (50n << 8n), prefix: 24 } },
    ],
    [{ "virtual-machines": 0 }, { count: 0 }],
    [{ "standby-runners": 3 }, { standby: 3 }],
    [{ "lost-member-runners": 2 }, { replacements: 2 }],
    [{ scaling: "fixed", "idle-runners": 3 }, { scaling: undefined }],
    [{ scaling: "demand" }, { scaling: { idle: 0, scaleSetName: "" } }],
    [
      { scaling: "demand", "idle-runners": 2, "scale-set-name": "builders" },
      { scaling: { idle: 2, scaleSetName: "builders" } },
    ],
    [{ "vm-cpu": 1, "vm-memory": "512MiB" }, { resources: { cpu: 1, memory: "512MiB", disk: "10GiB" } }],
    [{ "vm-processes": 512 }, { processes: 512 }],
    [{ "vm-disk": "1EiB" }, { resources: { cpu: 2, memory: "7GiB", disk: "1EiB" } }],
    [
      { "vm-disk": "4GiB", "instance-type": "container" },
      { instanceType: "container", resources: { cpu: 2, memory: "7GiB", disk: "4GiB" } },
    ],
    [
      { "vm-disk": "10GiB", "instance-type": "virtual-machine" },
      { instanceType: "virtual-machine", resources: { cpu: 2, memory: "7GiB", disk: "10GiB" } },
    ],
    [{ "image-packages": "git  jq g++" }, { packages: ["git", "jq", "g++"] }],
    [{ "image-packages": "" }, { packages: [] }],
    [
      { "ca-certificate": `Root\r\n${FIRST.replaceAll("\n", "\r\n")}\r\n# another\r\n${SECOND}` },
      { caCertificate: `${FIRST}\n${SECOND}\n` },
    ],
    [{ group: "my group" }, { group: "my group" }],
    [{ "github-url": "https://octo.ghe.com" }, { githubUrl: "https://octo.ghe.com" }],
    [{ "base-image": "ubuntu/jammy" }, { baseImage: "ubuntu/jammy" }],
    [{ "reconcile-interval": 2 }, { reconcileMinutes: 2 }],
    [{ "metrics-port": 9100 }, { metricsPort: 9100 }],
    [
      { "capsule-count": 5, "capsule-size": "1GiB", "capsule-days": 1 },
      { capsules: { count: 5, bytes: 2 ** 30, ageMs: 86_400_000 } },
    ],
    [{ "dockerhub-mirror": "https://mirror.example/" }, { dockerMirror: "https://mirror.example" }],
    [
      { "dockerhub-mirror": "http://10.0.0.2:5000", "test-mode": "insecure" },
      { dockerMirror: "http://10.0.0.2:5000", insecure: true },
    ],
    [{ "pre-job-script": "#!/bin/bash\r\necho hello\r\n" }, { preJobScript: "#!/bin/bash\necho hello" }],
    [{ "runner-storage": "memory" }, { storage: "memory" }],
    [{ "instance-type": "virtual-machine" }, { instanceType: "virtual-machine" }],
    [{ "repo-policy": "builtin" }, { policy: { by: "charm" } }],
    [
      { "repo-policy-compliance-url": "https://policy.example", "repo-policy-compliance-token": "t0ken" },
      { policy: { by: "nobody" } },
    ],
  ];
  for (const [change, expected] of accepted) {
    it(`accepts ${JSON.stringify(change)}`, () => {
      expect(parsed(change)).to.deep.include(expected);
    });
  }

  const releases: readonly (readonly [string, string])[] = [
    ["jammy", "jammy"],
    ["22.04", "jammy"],
    ["Noble", "noble"],
    ["24.04", "noble"],
    ["26.04", "resolute"],
    ["resolute", "resolute"],
    ["28.04", "28.04"],
  ];
  for (const [text, baseImage] of releases) {
    it(`parses the base image ${text} of a simplestreams server as ${baseImage}`, () => {
      const server = "https://cloud-images.example/releases/";
      expect(parsed({ "base-image": text, "image-server": server })).to.deep.include({
        baseImage,
        imageServer: "https://cloud-images.example/releases",
      });
    });
  }

  it("prefers the token in a secret to the option", () => {
    expect(parsed({ "token-secret-id": SECRET_ID }).credentials).to.deep.equal({
      by: "token-secret",
      secretId: SECRET_ID,
    });
  });

  it("prefers a GitHub App to any token", () => {
    const app = {
      "token-secret-id": SECRET_ID,
      "github-app-client-id": "Iv23liAbCdEf",
      "github-app-installation-id": 4711,
      "github-app-private-key-secret-id": SECRET_ID,
    };
    expect(parsed(app).credentials).to.deep.equal({
      by: "app",
      clientId: "Iv23liAbCdEf",
      installationId: 4711,
      keySecretId: SECRET_ID,
    });
  });

  it("parses a policy service with its token, and never prints the token", () => {
    const { policy } = parsed({
      "repo-policy": "external",
      "repo-policy-compliance-url": "https://policy.example/v1/",
      "repo-policy-compliance-token": TOKEN,
    });
    expect(policy.by === "service" && [policy.url, policy.token.reveal()]).to.deep.equal([
      "https://policy.example/v1",
      TOKEN,
    ]);
    expect(JSON.stringify(policy)).not.to.include(TOKEN);
  });

  describe("for a model with proxies", () => {
    it("copies the proxies and the hosts without a proxy", () => {
      expect(parsed({}, PROXY).proxy).to.deep.equal({
        http: "http://squid.internal:3128",
        https: undefined,
        noProxy: "10.0.0.1,.local",
      });
    });

    it("adds a missing scheme and keeps a default port", () => {
      const proxies = { ...NO_PROXIES, https: "squid.internal:80/" };
      expect(parsed({}, proxies).proxy?.https).to.equal("http://squid.internal:80");
    });

    it("ignores `no_proxy` without a proxy", () => {
      expect(parsed({}, { ...NO_PROXIES, noProxy: "10.0.0.1 $(reboot)" }).proxy).to.equal(undefined);
    });

    it("sends the transparent proxy's traffic to the proxy, without user and password", () => {
      const http = "http://user:pass@squid.internal:3128/";
      expect(parsed({ "experimental-use-aproxy": true }, { ...PROXY, http }).aproxy).to.deep.equal({
        upstream: "squid.internal:3128",
        excludeAddresses: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        redirectPorts: ["80", "443"],
      });
    });

    it("lets the denylist contain what runners reach through the proxy", () => {
      const denied = { denylist: "10.0.0.0/8", "github-url": "https://10.9.0.1" };
      expect(parsed(denied, PROXY).githubUrl).to.equal("https://10.9.0.1");
    });

    it("has no transparent proxy by default", () => {
      expect(parsed({}, PROXY).aproxy).to.equal(undefined);
    });

    it("rejects a proxy with a path, also one that a client would leave out", () => {
      for (const http of ["http://squid/x", "squid//.", "squid/.", "http://squid/x/../", "squid?", "squid#"])
        expect(faultsOf(LEAST, { ...NO_PROXIES, http }).faults).to.have.length(1, http);
      expect(parsed({}, { ...NO_PROXIES, http: "squid//" }).proxy?.http).to.equal("http://squid");
    });

    it("rejects an invalid proxy by the name of its model option", () => {
      const proxies = { http: "ftp://squid", https: "http://a b", noProxy: undefined };
      expect(faultsOf(LEAST, proxies).faults.map(({ option }) => option)).to.deep.equal([
        "juju-http-proxy",
        "juju-https-proxy",
      ]);
      const noProxy = "a\nb$(reboot)";
      expect(faultsOf(LEAST, { ...PROXY, noProxy }).faults.map(({ option }) => option)).to.deep.equal([
        "juju-no-proxy",
      ]);
    });
  });

  it("reports the errors of several options together, each with the option's name", () => {
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

  it("names the missing options of an unconfigured charm", () => {
    const options = faultsOf({ ...DEFAULT_OPTIONS }).faults.map(({ option }) => option);
    expect(options).to.deep.equal(["path", "token"]);
  });

  it("never repeats a token in an error", () => {
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

describe("ca-certificate", () => {
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
    publicKeyEncoding: { format: "pem", type: "spki" },
  });
  const cut = FIRST.replace(/\n[^\n]+\n-----END/, "\n-----END");

  for (const [text, fault] of [
    ["/etc/ssl/certs/certificate-of-the-company-authority.pem", "no certificate in PEM format"],
    [FIRST.slice(0, -3), "no certificate in PEM format"],
    [`${FIRST}\n${privateKey}`, "contains a private key, which must not be in an option"],
    [`${FIRST}\n${cut}`, "certificate 2 of 2 cannot be read"],
    [FIRST.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"), "certificate 1 of 1 cannot be read"],
    ["-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----", "certificate 1 of 1 cannot be read"],
    [`${FIRST}\n`.repeat(100), "longer than 64 KiB"],
  ] as const) {
    it(`is refused and not repeated: ${fault}`, () => {
      const { faults, message } = faultsOf({ ...LEAST, "ca-certificate": text });
      const form = "certificates in PEM format, which begin with -----BEGIN CERTIFICATE-----";
      expect(faults).to.deep.equal([{ option: "ca-certificate", text: `${fault}; use ${form}` }]);
      expect(message).to.not.contain(text.slice(30, 60));
    });
  }

  it("does not keep a unit from being removed when it is invalid", () => {
    const options = { ...LEAST, "ca-certificate": "nothing" };
    const parsed = parseForgeConfiguration({ options, proxies: NO_PROXIES }, checkOptions);
    expect(parsed.caCertificate).to.equal(undefined);
  });
});

describe("parseForgeConfiguration()", () => {
  const parse = (change: Options) =>
    parseForgeConfiguration({ options: { ...LEAST, ...change }, proxies: NO_PROXIES }, checkOptions);

  it("parses the GitHub options, whatever is wrong with other options", () => {
    const wrong = {
      labels: "a b",
      "vm-cpu": 0,
      "vm-memory": "lots",
      "repo-policy": "external",
      denylist: "x",
    };
    expect(parse(wrong)).to.deep.include({
      path: { kind: "repository", owner: "octo", repository: "hello" },
      githubUrl: "https://github.com",
      group: "default",
    });
  });

  for (const wrong of [{ path: "" }, { token: "" }, { "github-url": "x" }, { "token-secret-id": "x" }]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      expect(() => parse({ ...wrong, "vm-cpu": 0 }))
        .to.throw(ConfigurationError)
        .with.property("message")
        .that.includes(`${Object.keys(wrong).join()}: `)
        .and.not.includes("vm-cpu");
    });
  }
});
