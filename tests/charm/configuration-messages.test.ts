import { expect } from "chai";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { parseConfiguration } from "../../src/charm/configuration.ts";
import { checkImmutableOptions, ImmutableOptionError } from "../../src/charm/immutable-options.ts";
import { readCredentials } from "../../src/charm/read-credentials.ts";
import { statusOf } from "../../src/charm/status.ts";
import { PermissionDeniedError, SecretNotFoundError, UnknownToolError, type Proxies } from "juju-charm";
import { Secret } from "charm-kit";
import { DEFAULT_OPTIONS, LEAST_OPTIONS, NO_PROXIES, SECRET_ID, TOKEN } from "./least-options.ts";

type Options = Readonly<Record<string, string | number | boolean>>;

/** What the unit shows when it is set so. */
function shown(options: Options, proxies: Partial<Proxies> = {}): string {
  try {
    const sources = { options: { ...LEAST_OPTIONS, ...options }, proxies: { ...NO_PROXIES, ...proxies } };
    parseConfiguration(sources, checkOptions);
  } catch (thrown) {
    return statusText(thrown, ConfigurationError);
  }
  throw new Error("The options were accepted");
}

function statusText(thrown: unknown, type: abstract new (...parameters: never[]) => Error): string {
  if (!(thrown instanceof type)) throw thrown;
  const status = statusOf(thrown);
  return `${status?.name ?? ""}: ${status?.message ?? ""}`;
}

const LXD_ALIAS =
  "jammy (22.04), noble (24.04), resolute (26.04) or the version of a later Ubuntu LTS, or with image-server=local the alias of an image in the local LXD store";
const SIZE = "a whole number and KiB, MiB, GiB, TiB, PiB or EiB, such as";
const UBUNTU = { "image-server": "https://mirror.example" };
const POLICY = { "repo-policy-compliance-url": "https://policy", "repo-policy-compliance-token": "t0ken" };
const APP = {
  "github-app-client-id": "Iv23liAbCdEf",
  "github-app-installation-id": 4711,
  "github-app-private-key-secret-id": SECRET_ID,
};

/** Every message about options, side by side; the title of each test shows it. */
type Row = readonly [Options, message: string, proxies?: Partial<Proxies>];

const MESSAGES: readonly Row[] = [
  [{ path: "" }, "path: missing; use owner/repo, an organisation, or enterprises/<slug>"],
  [{ path: "a/b/c" }, "path: more than two parts; use owner/repo, an organisation, or enterprises/<slug>"],
  [{ path: "/a" }, "path: starts with a slash; use owner/repo, an organisation, or enterprises/<slug>"],
  [
    { path: "--" },
    'path: organisation "--" is not made of at most 39 letters, digits and hyphens; use owner/repo, an organisation, or enterprises/<slug>',
  ],
  [
    { path: "octo/hello.git" },
    `path: repository "hello.git" is not made of at most 100 letters, digits, '.', '-' and '_', or ends in '.git'; use owner/repo, an organisation, or enterprises/<slug>`,
  ],
  [
    { token: "" },
    "token: missing; set token-secret-id to a Juju secret with a personal access token, or the three github-app options, or token itself",
  ],
  [
    { token: `${TOKEN} x` },
    "token: holds a blank or a character that no token has; use a personal access token of GitHub",
  ],
  [
    { "token-secret-id": TOKEN },
    "token-secret-id: not the ID of a Juju secret; use secret:<id>, as juju add-secret prints it",
  ],
  [
    { ...APP, "github-app-client-id": "" },
    "github-app-client-id: missing, while another of the three github-app options is set; use the client ID from the GitHub App's settings, such as Iv23liAbCdEfGhIjKlMn",
  ],
  [
    { ...APP, "github-app-client-id": "a b" },
    "github-app-client-id: not the client ID of a GitHub App; use the client ID from the GitHub App's settings, such as Iv23liAbCdEfGhIjKlMn",
  ],
  [
    { ...APP, "github-app-installation-id": 0 },
    "github-app-installation-id: missing, while another of the three github-app options is set; use the number at the end of the address of the installation's settings",
  ],
  [
    { ...APP, "github-app-installation-id": -1 },
    "github-app-installation-id: -1 is less than 0; use the number at the end of the address of the installation's settings",
  ],
  [
    { ...APP, "github-app-private-key-secret-id": "" },
    "github-app-private-key-secret-id: missing, while another of the three github-app options is set; use secret:<id>, as juju add-secret prints it",
  ],
  [
    { ...APP, "github-app-private-key-secret-id": "-----BEGIN RSA PRIVATE KEY-----" },
    "github-app-private-key-secret-id: not the ID of a Juju secret; use secret:<id>, as juju add-secret prints it",
  ],
  [
    { ...APP, path: "enterprises/octo" },
    "github-app-client-id: GitHub lets no App manage the runners of an enterprise; set token-secret-id instead",
  ],
  ...["https://host:99999", "https://1.2.3.999", "https://.", "https://-", "https://a..b"].map(
    (url) =>
      [
        { "github-url": url },
        "github-url: no server can have this name or port; use https://<host>, such as https://github.com",
      ] as const,
  ),
  ...["https://api.github.com", "https://Uploads.GitHub.com/"].map((url): Row => [
    { "github-url": url },
    "github-url: a service of GitHub, not its web site; use https://<host>, such as https://github.com",
  ]),
  [{ "github-url": "" }, "github-url: missing; use https://<host>, such as https://github.com"],
  [
    { "github-url": "https://me:pass@github.com" },
    "github-url: not the address of a GitHub; use https://<host>, such as https://github.com",
  ],
  [
    { "github-url": "http://ghes.example" },
    "github-url: http, not https; use https://<host>, such as https://github.com",
  ],
  [{ group: " " }, "group: missing; use the name of a runner group, such as default"],
  [
    { labels: "fine, é" },
    'labels: "é" is not a label; use letters, digits, hyphens and underscores, with commas between labels',
  ],
  [
    { labels: "ok, bad label, fine, é" },
    'labels: "bad label", "é" are not labels; use letters, digits, hyphens and underscores, with commas between labels',
  ],
  [
    { labels: "l,".repeat(96) },
    "labels: 96 labels, and GitHub takes 95; use letters, digits, hyphens and underscores, with commas between labels",
  ],
  [
    { labels: `short,${"l".repeat(257)}` },
    `labels: "${"l".repeat(59)}…" is longer than the 256 characters that GitHub takes; use letters, digits, hyphens and underscores, with commas between labels`,
  ],
  [{ "virtual-machines": -1 }, "virtual-machines: -1 is less than 0; use 0 to 500"],
  [{ scaling: "always" }, "scaling: not one of its values; use fixed or demand"],
  [
    { "scale-set-name": "-x" },
    "scale-set-name: not a name for a scale set; use up to 63 letters, digits, hyphens and underscores",
  ],
  [{ "idle-runners": 501 }, "idle-runners: 501 is more than 500; use 0 to 500"],
  [{ "standby-runners": 51 }, "standby-runners: 51 is more than 50; use 0 to 50"],
  [{ "lost-member-runners": 501 }, "lost-member-runners: 501 is more than 500; use 0 to 500"],
  [{ "instance-type": "pod" }, "instance-type: not one of its values; use virtual-machine or container"],
  [
    { "runner-subnet": "100.64.0.0/24" },
    "runner-subnet: not a private network; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
  ],
  [
    { "runner-subnet": "10.0.0.0/15" },
    "runner-subnet: a network with prefix 15; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
  ],
  [
    { "runner-subnet": "192.168.9.0/29" },
    "runner-subnet: a network with prefix 29; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
  ],
  [
    { "runner-subnet": "fd00::/24" },
    "runner-subnet: not one IPv4 network; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
  ],
  [
    { "runner-subnet": "10.1.0.0/24, 10.2.0.0/24" },
    "runner-subnet: not one IPv4 network; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
  ],
  [
    { "runner-subnet": "10.1.0.7/24" },
    'runner-subnet: "10.1.0.7/24" is an address inside of 10.1.0.0/24; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24',
  ],
  [
    { "runner-subnet": "mine" },
    'runner-subnet: "mine" is not an IPv4 or IPv6 address; use nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24',
  ],
  [{ "vm-processes": 511 }, "vm-processes: 511 is less than 512; use 512 to 100000"],
  [{ "vm-processes": 100_001 }, "vm-processes: 100001 is more than 100000; use 512 to 100000"],
  [{ "vm-cpu": 0 }, "vm-cpu: 0 is less than 1; use 1 to 512"],
  [{ "vm-cpu": 513 }, "vm-cpu: 513 is more than 512; use 1 to 512"],
  [{ "vm-memory": "" }, `vm-memory: missing; use ${SIZE} 7GiB`],
  [{ "vm-memory": "7GB" }, `vm-memory: not a size; use ${SIZE} 7GiB`],
  [{ "vm-memory": "8EiB" }, `vm-memory: larger than LXD can count; use ${SIZE} 7GiB`],
  [{ "vm-memory": "255MiB" }, "vm-memory: too little for a runner; use 256MiB or more, such as 7GiB"],
  [{ "vm-disk": "1023MiB" }, "vm-disk: too small for a runner; use 1GiB or more, such as 10GiB"],
  [{ "vm-disk": "0GiB" }, `vm-disk: not a size; use ${SIZE} 10GiB`],
  [
    { "vm-disk": "10485759KiB", "instance-type": "virtual-machine" },
    "vm-disk: smaller than the 10GiB of a virtual machine's image, which cannot shrink; use 10GiB or more, or instance-type=container",
  ],
  [{ "base-image": "" }, `base-image: missing; use ${LXD_ALIAS}`],
  [{ "base-image": "../x" }, `base-image: not the name of an image; use ${LXD_ALIAS}`],
  [{ ...UBUNTU, "base-image": "focal" }, `base-image: not a long-term release of Ubuntu; use ${LXD_ALIAS}`],
  [{ ...UBUNTU, "base-image": "23.04" }, `base-image: not a long-term release of Ubuntu; use ${LXD_ALIAS}`],
  [
    { "image-server": "", "base-image": "noble" },
    "image-server: missing; use local, or the https address of a simplestreams server",
  ],
  [
    { "image-server": "http://mirror", "base-image": "noble" },
    "image-server: http, not https; use local, or the https address of a simplestreams server",
  ],
  [
    { "image-server": "ftp://mirror", "base-image": "noble" },
    "image-server: not the address of a server; use local, or the https address of a simplestreams server",
  ],
  [
    { "image-server": "https://me:pass@mirror", "base-image": "noble" },
    "image-server: holds a user name or a password; use local, or the https address of a simplestreams server",
  ],
  [
    { "image-server": "https://mirror/?token=x", "base-image": "noble" },
    "image-server: holds a query or a fragment; use local, or the https address of a simplestreams server",
  ],
  [
    { "ca-certificate": "company.pem" },
    "ca-certificate: no certificate in PEM format; use certificates in PEM format, which begin with -----BEGIN CERTIFICATE-----",
  ],
  [
    { "image-packages": "git; reboot" },
    "image-packages: not a list of packages; use names of Debian packages, with blanks between them",
  ],
  [
    { "image-packages": "jq docker.io-" },
    "image-packages: not a list of packages; use names of Debian packages, with blanks between them",
  ],
  [
    { "image-packages": "--allow-unauthenticated" },
    "image-packages: not a list of packages; use names of Debian packages, with blanks between them",
  ],
  [{ "metrics-port": 70_000 }, "metrics-port: 70000 is more than 65535; use 0, or a TCP port up to 65535"],
  [{ "capsule-count": 0 }, "capsule-count: 0 is less than 1; use 1 to 1000"],
  [{ "capsule-days": 400 }, "capsule-days: 400 is more than 365; use 1 to 365 days"],
  [{ "capsule-size": "256" }, "capsule-size: not a size; use 8MiB or more, such as 256MiB or 1GiB"],
  [
    { "capsule-size": "4MiB" },
    "capsule-size: smaller than one capsule; use 8MiB or more, such as 256MiB or 1GiB",
  ],
  [{ "reconcile-interval": 1 }, "reconcile-interval: 1 is less than 2; use 2 to 10080 minutes"],
  [
    { denylist: "10.0.0.0/8, 10.0.0.1/8, fd00::/129, intranet" },
    'denylist: "10.0.0.1/8" is an address inside of 10.0.0.0/8, "fd00::/129" has no prefix of 0 to 128, "intranet" is not an IPv4 or IPv6 address; use IPv4 or IPv6 networks with commas between them, such as 10.0.0.0/8, fd00::/8',
  ],
  [
    { "dockerhub-mirror": "http://mirror" },
    "dockerhub-mirror: http, not https; use the https address of a registry mirror, such as https://mirror.example.com",
  ],
  [
    { "experimental-use-aproxy": true },
    "experimental-use-aproxy: needs a proxy, and the model has none; set juju-http-proxy with juju model-config, or use false",
  ],
  [
    { "experimental-use-aproxy": true },
    "experimental-use-aproxy: needs a proxy, and the model has none; set juju-http-proxy with juju model-config, or use false | juju-http-proxy: not the address of a proxy; set it with juju model-config to http://<host>:<port>",
    { http: "ftp://squid" },
  ],
  [
    { "aproxy-exclude-addresses": "10.0.0.9-10.0.0.1, fd00::/8" },
    'aproxy-exclude-addresses: "10.0.0.9-10.0.0.1", "fd00::/8" are not IPv4 addresses; use IPv4 addresses, ranges and networks with commas between them, such as 10.0.0.0/8, 192.0.2.1-192.0.2.9',
  ],
  [
    { "aproxy-redirect-ports": "80, 0, 9-8, x, 65536" },
    'aproxy-redirect-ports: "0", "9-8", "x", "65536" are not ports; use ports and ranges of ports with commas between them, such as 80, 8080-8090',
  ],
  [
    { "aproxy-redirect-ports": "", "experimental-use-aproxy": true },
    "aproxy-redirect-ports: missing, and aproxy needs it; use ports and ranges of ports with commas between them, such as 80, 8080-8090",
    { http: "squid:3128" },
  ],
  [
    {},
    "juju-https-proxy: not the address of a proxy; set it with juju model-config to http://<host>:<port> | juju-no-proxy: not a list of hosts; set it with juju model-config to host names and networks with commas between them",
    { http: "squid:3128", https: "http://a b", noProxy: "a\n$(reboot)" },
  ],
  ...[
    "http://squid:3128/path",
    "http://squid?a",
    "http://us%zer@squid:3128",
    "http://,",
    "http://.squid",
  ].map((http): Row => [
    {},
    "juju-http-proxy: not the address of a proxy; set it with juju model-config to http://<host>:<port>",
    { http },
  ]),
  [
    { "experimental-use-aproxy": true },
    "experimental-use-aproxy: aproxy cannot use the model's proxy; set juju-http-proxy with juju model-config to http://<host>:<port>, without an IPv6 address, or use false | juju-http-proxy: runners have no IPv6; use an address that other machines reach",
    { http: "http://[fd00::1]:3128" },
  ],
  [
    {},
    "juju-http-proxy: runners cannot reach 127.0.0.1; use an address that other machines reach | juju-https-proxy: in a runner, localhost is the runner; use an address that other machines reach",
    { http: "http://me:pass@127.0.0.1:3128", https: "localhost:3128" },
  ],
  [
    { "github-url": "https://169.254.1.2", "dockerhub-mirror": "https://[::1]:5000" },
    "github-url: runners cannot reach 169.254.1.2; use an address that other machines reach | dockerhub-mirror: runners have no IPv6; use an address that other machines reach",
  ],
  [
    { denylist: "10.0.0.0/8, 192.0.2.0/24" },
    "denylist: 10.0.0.0/8 contains 10.1.2.3 of juju-http-proxy, which runners must reach; list the networks around it",
    { http: "10.1.2.3:3128" },
  ],
  [
    {
      denylist: "10.0.0.0/8, 192.0.2.7",
      "github-url": "https://10.9.0.1",
      "dockerhub-mirror": "https://10.9.0.2:5000",
      "repo-policy": "external",
      "repo-policy-compliance-url": "http://192.0.2.7:8080",
      "repo-policy-compliance-token": "t0ken",
    },
    "denylist: 10.0.0.0/8 contains 10.9.0.1 of github-url, 10.0.0.0/8 contains 10.9.0.2 of dockerhub-mirror, 192.0.2.7/32 contains 192.0.2.7 of repo-policy-compliance-url, which runners must reach; list the networks around it",
  ],
  [
    { "aproxy-redirect-ports": `080,${"x".repeat(100)},${",y".repeat(20)}` },
    `aproxy-redirect-ports: "080", "${"x".repeat(59)}…", ${'"y", '.repeat(7)}"y" and 12 more are not ports; use ports and ranges of ports with commas between them, such as 80, 8080-8090`,
  ],
  [
    { denylist: "x,".repeat(12) },
    `denylist: ${'"x" is not an IPv4 or IPv6 address, '.repeat(10)}and 2 more are wrong; use IPv4 or IPv6 networks with commas between them, such as 10.0.0.0/8, fd00::/8`,
  ],
  [
    { "virtual-machines": 501, "reconcile-interval": 10081 },
    "virtual-machines: 501 is more than 500; use 0 to 500 | reconcile-interval: 10081 is more than 10080; use 2 to 10080 minutes",
  ],
  [
    { "pre-job-script": "echo hello" },
    "pre-job-script: no shebang in its first line; use a script that begins with a shebang, such as #!/bin/bash",
  ],
  [{ "runner-storage": "disk" }, "runner-storage: not one of its values; use juju-storage or memory"],
  [{ "repo-policy": "on" }, "repo-policy: not one of its values; use off, external or builtin"],
  [
    { "repo-policy": "external" },
    "repo-policy-compliance-url: missing, and repo-policy=external needs it; use the address of a policy service, such as https://policy.example.com | repo-policy-compliance-token: missing, and repo-policy=external needs it; use the token that the policy service accepts from the charm",
  ],
  [
    { "repo-policy-compliance-url": "https://policy" },
    "repo-policy-compliance-token: missing, while the other repo-policy-compliance option is set; use the token that the policy service accepts from the charm",
  ],
  [
    { "repo-policy-compliance-token": "t0ken" },
    "repo-policy-compliance-url: missing, while the other repo-policy-compliance option is set; use the address of a policy service, such as https://policy.example.com",
  ],
  [
    { ...POLICY, "repo-policy-compliance-url": "policy" },
    "repo-policy-compliance-url: not the address of a server; use the address of a policy service, such as https://policy.example.com",
  ],
  [
    { ...POLICY, "repo-policy-compliance-token": "t0 ken" },
    "repo-policy-compliance-token: holds a blank or a character that no token has; use the token that the policy service accepts from the charm",
  ],
  [{ "test-mode": "yes" }, "test-mode: not one of its values; use nothing, or insecure"],
  [
    { ...DEFAULT_OPTIONS },
    "path: missing; use owner/repo, an organisation, or enterprises/<slug> | token: missing; set token-secret-id to a Juju secret with a personal access token, or the three github-app options, or token itself",
  ],
  [
    { path: "-", labels: "good,b@d,w orse", "vm-memory": "lots", "virtual-machines": -1 },
    `path: organisation "-" is not made of at most 39 letters, digits and hyphens; use owner/repo, an organisation, or enterprises/<slug> | labels: "b@d", "w orse" are not labels; use letters, digits, hyphens and underscores, with commas between labels | virtual-machines: -1 is less than 0; use 0 to 500 | vm-memory: not a size; use ${SIZE} 7GiB`,
  ],
];

describe("The status for invalid options", () => {
  for (const [options, message, proxies] of MESSAGES) {
    it(message, () => {
      const told = shown(options, proxies);
      expect(told).to.equal(`blocked: ${message}`);
      expect(told).not.to.include(TOKEN);
    });
  }

  it("covers every option in this table, except those that Juju validates", () => {
    const options = new Set(
      MESSAGES.flatMap(([, message]) => message.match(/(?<=^|\| )[a-z-]+(?=: )/g) ?? []),
    );
    const untold = Object.keys(DEFAULT_OPTIONS).filter((option) => !options.has(option));
    expect(untold).to.deep.equal([]);
  });
});

/** Every message about secrets. */
const SECRETS: readonly (readonly [
  option: "token-secret-id" | "github-app-private-key-secret-id",
  content: Readonly<Record<string, string>> | Error,
  message: string,
])[] = [
  [
    "token-secret-id",
    new SecretNotFoundError("secret-get", { exitCode: 1 }),
    "token-secret-id: there is no such secret; use the ID that juju secrets shows",
  ],
  [
    "token-secret-id",
    new PermissionDeniedError("secret-get", { exitCode: 1 }),
    "token-secret-id: the secret is not granted to the application; grant it with juju grant-secret",
  ],
  [
    "token-secret-id",
    new UnknownToolError("secret-get"),
    "token-secret-id: this Juju has no secrets; use Juju 3.3 or later, or another way to authenticate",
  ],
  [
    "token-secret-id",
    { token: TOKEN },
    "token-secret-id: the secret has no field github-token; set it with juju update-secret",
  ],
  [
    "token-secret-id",
    { "github-token": " \n" },
    "token-secret-id: the secret has no field github-token; set it with juju update-secret",
  ],
  [
    "token-secret-id",
    { "github-token": `${TOKEN} x` },
    "token-secret-id: the field github-token holds a blank or a character that no token has; set it with juju update-secret to a personal access token",
  ],
  [
    "github-app-private-key-secret-id",
    { "github-token": TOKEN },
    "github-app-private-key-secret-id: the secret has no field private-key; set it with juju update-secret",
  ],
  [
    "github-app-private-key-secret-id",
    { "private-key": TOKEN },
    "github-app-private-key-secret-id: the field private-key is not an RSA private key in PEM format; set it with juju update-secret to the file that GitHub made for the App",
  ],
];

describe("The status for invalid secrets", () => {
  for (const [option, content, message] of SECRETS) {
    it(message, async () => {
      const refresh = () =>
        content instanceof Error
          ? Promise.reject(content)
          : Promise.resolve(
              Object.fromEntries(Object.entries(content).map(([key, value]) => [key, new Secret(value)])),
            );
      const source =
        option === "token-secret-id"
          ? ({ by: "token-secret", secretId: SECRET_ID } as const)
          : ({ by: "app", clientId: "Iv1", installationId: 1, keySecretId: SECRET_ID } as const);
      const thrown: unknown = await readCredentials(
        source,
        { secret: () => ({ refresh }) },
        () => undefined,
      ).catch((error: unknown) => error);
      const told = statusText(thrown, ConfigurationError);
      expect(told).to.equal(`blocked: ${message}`);
      expect(told).not.to.include(TOKEN);
    });
  }
});

describe("The status for immutable options", () => {
  const configuration = (change: Options) =>
    parseConfiguration(
      { options: { ...LEAST_OPTIONS, ...UBUNTU, ...change }, proxies: NO_PROXIES },
      checkOptions,
    );
  const installed = { "base-image": "jammy", "runner-storage": "juju-storage" };
  const cases: readonly (readonly [Options, message: string])[] = [
    [{ "base-image": "noble" }, "base-image config cannot be changed after deployment, redeploy if needed"],
    [
      { "base-image": "jammy", "runner-storage": "memory" },
      "runner-storage config cannot be changed after deployment, redeploy if needed",
    ],
    [
      { "base-image": "24.04", "runner-storage": "memory" },
      "base-image config cannot be changed after deployment, redeploy if needed | runner-storage config cannot be changed after deployment, redeploy if needed",
    ],
  ];
  for (const [change, message] of cases) {
    it(message, () => {
      let thrown: unknown;
      try {
        checkImmutableOptions(installed, configuration(change));
      } catch (error) {
        thrown = error;
      }
      expect(statusText(thrown, ImmutableOptionError)).to.equal(`blocked: ${message}`);
    });
  }

  it("is absent for the old value and for another name of it", () => {
    for (const name of ["jammy", "22.04"])
      checkImmutableOptions(installed, configuration({ "base-image": name }));
  });

  it("is absent before the first successful install", () => {
    checkImmutableOptions(null, configuration({ "base-image": "noble", "runner-storage": "memory" }));
  });
});
