import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { checkOptions } from "../../src/charm/check-options.ts";
import { configurationSchema, type OptionName } from "../../src/charm/configuration-schema.ts";
import { parseConfiguration } from "../../src/charm/configuration.ts";
import { configHashOf, type ConfigHashInputs } from "../../src/unit/config-hash.ts";
import { runnerLabels } from "../../src/unit/runner-labels.ts";
import type { Proxies } from "juju-charm";
import type { Credentials } from "../../src/github/credentials.ts";
import type { DebugSshHost } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";
import { LEAST_OPTIONS, SECRET_ID } from "../charm/least-options.ts";

type Options = Readonly<Record<string, string | number | boolean>>;

const PROXIES: Proxies = { http: "http://squid:3128", https: undefined, noProxy: "local" };
const POLICY: Options = {
  "repo-policy": "external",
  "repo-policy-compliance-url": "https://policy.example",
  "repo-policy-compliance-token": "t0ken-of-policy",
};
const APP: Credentials = {
  by: "app",
  clientId: "Iv23liAbCdEf",
  installationId: 4711,
  privateKey: new Secret("key"),
};

const PLAIN = { debugSshHosts: [] };

interface Change {
  readonly options?: Options;
  readonly proxies?: Proxies;
  readonly credentials?: Credentials;
  readonly more?: Partial<ConfigHashInputs>;
}

/** The hash of a configuration, with the token of the option where the test names no other credentials. */
function hashOf({ options = {}, proxies = PROXIES, credentials, more = {} }: Change = {}): string {
  const all = { ...LEAST_OPTIONS, ...POLICY, "experimental-use-aproxy": true, ...options };
  const configuration = parseConfiguration({ options: all, proxies }, checkOptions);
  const token = configuration.credentials.by === "token" ? configuration.credentials.token : new Secret("x");
  return configHashOf({
    configuration,
    credentials: credentials ?? { by: "token", token },
    labels: runnerLabels(configuration, "app", "x64"),
    template: "template-1",
    profiles: ["all", "cpu-2"],
    integrations: PLAIN,
    ...more,
  });
}

/** A change of each option, to another value that is accepted. */
const CHANGES: Readonly<Record<OptionName, Options>> = {
  path: { path: "octo/other" },
  token: { token: "ghp_another" },
  "token-secret-id": { "token-secret-id": SECRET_ID },
  "github-app-client-id": {},
  "github-app-installation-id": {},
  "github-app-private-key-secret-id": {},
  "github-url": { "github-url": "https://octo.ghe.com" },
  group: { group: "large" },
  labels: { labels: "gpu" },
  "virtual-machines": { "virtual-machines": 7 },
  scaling: { scaling: "demand" },
  "idle-runners": { scaling: "fixed", "idle-runners": 3 },
  "scale-set-name": { scaling: "demand", "scale-set-name": "builders" },
  "standby-runners": { "standby-runners": 3 },
  "lost-member-runners": { "lost-member-runners": 2 },
  "instance-type": { "instance-type": "virtual-machine" },
  "vm-cpu": { "vm-cpu": 3 },
  "vm-memory": { "vm-memory": "8GiB" },
  "vm-disk": { "vm-disk": "11GiB" },
  "vm-processes": { "vm-processes": 1024 },
  "base-image": { "base-image": "other" },
  "image-server": { "image-server": "https://mirror.example", "base-image": "noble" },
  "image-packages": { "image-packages": "git" },
  "ca-certificate": { "ca-certificate": rootCertificates[0] ?? "" },
  "reconcile-interval": { "reconcile-interval": 11 },
  "metrics-port": { "metrics-port": 9100 },
  "capsule-count": { "capsule-count": 5 },
  "capsule-size": { "capsule-size": "1GiB" },
  "capsule-days": { "capsule-days": 1 },
  denylist: { denylist: "10.0.0.0/8" },
  "runner-subnet": { "runner-subnet": "192.168.50.0/24" },
  "dockerhub-mirror": { "dockerhub-mirror": "https://mirror.example" },
  "experimental-use-aproxy": { "experimental-use-aproxy": false },
  "aproxy-exclude-addresses": { "aproxy-exclude-addresses": "10.0.0.0/8" },
  "aproxy-redirect-ports": { "aproxy-redirect-ports": "80" },
  "pre-job-script": { "pre-job-script": "#!/bin/sh\ntrue" },
  "runner-storage": { "runner-storage": "memory" },
  "repo-policy": { "repo-policy": "off" },
  "repo-policy-compliance-url": { "repo-policy-compliance-url": "https://other.example" },
  "repo-policy-compliance-token": { "repo-policy-compliance-token": "t0ken-of-another" },
  "test-mode": { "test-mode": "insecure" },
};
/** Ways to authenticate, of which the credentials are part of the hash. */
const OF_CREDENTIALS = /^(token-secret-id|github-app-.*)$/;

describe("configHashOf()", () => {
  for (const [option, { change }] of Object.entries(configurationSchema.properties)) {
    if (OF_CREDENTIALS.test(option)) continue;
    const options = CHANGES[option as OptionName];
    if (change === "replaces") {
      it(`changes with ${option}`, () => {
        expect(hashOf({ options })).not.to.equal(hashOf());
      });
    }
    if (
      change === "scales" ||
      change === "limits" ||
      change === "firewall" ||
      change === "timer" ||
      change === "nothing"
    ) {
      it(`does not change with ${option}`, () => {
        expect(hashOf({ options })).to.equal(hashOf());
      });
    }
  }

  const others: readonly (readonly [what: string, Change])[] = [
    ["the template, which a new image comes with", { more: { template: "template-2" } }],
    ["the profiles", { more: { profiles: ["all", "cpu-4"] } }],
    ["the way to authenticate", { credentials: APP }],
    ["the model's proxy", { proxies: { ...PROXIES, http: "http://other:3128" } }],
    ["what is reached without the proxy", { proxies: { ...PROXIES, noProxy: "local,other" } }],
    [
      "the servers for debugging",
      { more: { integrations: { ...PLAIN, debugSshHosts: [debugHost("10.0.0.1")] } } },
    ],
  ];
  for (const [what, change] of others) {
    it(`changes with ${what}`, () => {
      expect(hashOf(change)).not.to.equal(hashOf());
    });
  }

  const parts: readonly (readonly [what: string, Partial<typeof APP>])[] = [
    ["client", { clientId: "Iv23liOther" }],
    ["installation", { installationId: 4712 }],
    ["private key", { privateKey: new Secret("other") }],
  ];
  for (const [what, part] of parts) {
    it(`changes with the GitHub App's ${what}`, () => {
      expect(hashOf({ credentials: { ...APP, ...part } })).not.to.equal(hashOf({ credentials: APP }));
    });
  }

  it("does not change when the same token comes from another source", () => {
    const options = { "token-secret-id": SECRET_ID };
    const credentials: Credentials = { by: "token", token: new Secret(LEAST_OPTIONS.token) };
    expect(hashOf({ options, credentials })).to.equal(hashOf());
  });

  it("does not depend on the order of unordered values", () => {
    const hosts = [debugHost("10.0.0.1"), debugHost("10.0.0.2")];
    expect(hashOf({ options: { labels: "a,b" } })).to.equal(hashOf({ options: { labels: "b,a" } }));
    const hashes = [hosts, hosts.toReversed()].map((debugSshHosts) =>
      hashOf({ more: { integrations: { ...PLAIN, debugSshHosts } } }),
    );
    expect(hashes[0]).to.equal(hashes[1]);
  });

  it("is short and reveals nothing of the token", () => {
    expect(hashOf()).to.match(/^[0-9a-f]{16}$/);
  });
});

function debugHost(host: string): DebugSshHost {
  return { host, port: 22, rsaFingerprint: "SHA256:a", ed25519Fingerprint: "SHA256:b" };
}
