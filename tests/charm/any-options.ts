import { rootCertificates } from "node:tls";
import fc from "fast-check";
import { configurationSchema, type OptionName } from "../../src/charm/configuration-schema.ts";
import type { Proxies } from "juju-charm";
import { DEFAULT_OPTIONS, LEAST_OPTIONS } from "./least-options.ts";

/** Values of options as `config-get` prints them. */
export type AnyOptions = Readonly<Record<OptionName, string | number | boolean>>;

/** Whole numbers of 64 bits, as Juju stores them, around the bounds of everything that counts with them. */
const EDGE_NUMBERS = [
  0,
  1,
  2,
  3,
  -1,
  9,
  255,
  256,
  511,
  512,
  65_535,
  65_536,
  100_000,
  100_001,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
];

/** Texts that some option, URL parser, file or command treats specially. */
const EDGE_TEXTS = [
  "",
  " ",
  "\0",
  "\u0085",
  "\ud800",
  "é".repeat(300),
  "x".repeat(5000),
  "-",
  "--help",
  "a/b",
  "a/b/c",
  "A--b/x-",
  "enterprises/octo",
  "enterprises/",
  ".git",
  "..",
  "../..",
  "a/..",
  "%zz/x",
  "%2e%2e/x",
  "__proto__",
  "constructor",
  "https://github.com",
  "https://GitHub.com/",
  "https://host:99999",
  "https://host:65536",
  "https://host:0",
  "https://-host",
  "https://host-",
  "https://ho..st",
  "https://.",
  "https://1.2.3",
  "https://0x7f.1",
  "https://1.2.3.999",
  "https://xn--",
  "https://xn--a",
  "https://[::1]",
  "https://[fe80::1%25eth0]",
  "https://octo.ghe.com",
  "http://github.com",
  "https://user:pa%zz@host",
  "https://host/?q#f",
  "https://host/%zz",
  "http://host:3128",
  "http://user:pa%zz@host:3128",
  "http://us%er@host",
  "http://[::1]:3128",
  "http://proxy_1:3128",
  "http://-proxy",
  "http://proxy.:3128",
  "http://proxy:00",
  "http://proxy:0080",
  "host:3128",
  "socks5://host:1080",
  "//host",
  "host",
  "10.0.0.0/8",
  "10.0.0.1/8",
  "0.0.0.0/0",
  "::/0",
  "::ffff:10.0.0.0/104",
  "fd00::/8",
  "10.0.0.0/33",
  "1.2.3.4-1.2.3.9",
  "1.2.3.9-1.2.3.4",
  "01.2.3.4",
  "10.0.0.0/08",
  "80",
  "080",
  "0",
  "65535",
  "65536",
  "80-443",
  "443-80",
  "00001-2",
  "80,080",
  ",",
  ",,",
  "self-hosted",
  "a,a,A",
  "x".repeat(300),
  "1KiB",
  "1EiB",
  "8EiB",
  "9EiB",
  "99999999999999999999KiB",
  "0GiB",
  "10gib",
  "10GiB",
  "jammy",
  "noble",
  "22.04",
  "98.04",
  "20.04",
  "local",
  "my/base",
  "#!/bin/bash\r\ntrue",
  "#! /bin/sh",
  "#!",
  "#!/bin/sh\n\0",
  "secret:9m4e2mr0ui3e8a215n4g",
  "9m4e2mr0ui3e8a215n4g",
  "ghp_x",
  "git  jq",
  "insecure",
  "memory",
  "juju-storage",
  "external",
  "builtin",
  "off",
  "container",
  "virtual-machine",
  rootCertificates[0] ?? "",
  (rootCertificates[0] ?? "").slice(0, -9),
  "-----BEGIN PRIVATE KEY-----",
];

const text = fc.oneof(
  { arbitrary: fc.constantFrom(...EDGE_TEXTS), weight: 6 },
  { arbitrary: fc.string({ unit: "binary", maxLength: 40 }), weight: 1 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(...EDGE_TEXTS), fc.constantFrom(...EDGE_TEXTS))
      .map((two) => two.join("")),
    weight: 1,
  },
  { arbitrary: fc.constantFrom(...EDGE_TEXTS).map((part) => `${part},${part}`), weight: 1 },
);

function valueOf(option: OptionName): fc.Arbitrary<string | number | boolean> {
  const usual = fc.constantFrom(DEFAULT_OPTIONS[option], LEAST_OPTIONS[option]);
  // Juju checks the type of a value before the charm sees it.
  const kind = typeof DEFAULT_OPTIONS[option];
  if (kind === "number") return fc.oneof(usual, fc.constantFrom(...EDGE_NUMBERS), fc.integer());
  if (kind === "boolean") return fc.boolean();
  const schema = configurationSchema.properties[option];
  return fc.oneof(usual, "enum" in schema ? fc.constantFrom(...schema.enum) : text, text);
}

const NAMES = Object.keys(configurationSchema.properties) as OptionName[];

/** Options of which a few have any value at all: with many, one fault would hide all others. */
export const anyOptions: fc.Arbitrary<AnyOptions> = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => valueOf(name).map((value) => [name, value] as const))))
  .map((changes) => ({ ...LEAST_OPTIONS, ...Object.fromEntries(changes) }));

const maybe = fc.option(text, { nil: undefined, freq: 2 });

/** The model's proxies: none, or any texts. */
export const anyProxies: fc.Arbitrary<Proxies> = fc.oneof(
  fc.constant({ http: undefined, https: undefined, noProxy: undefined }),
  fc.record({ http: maybe, https: maybe, noProxy: maybe }),
);
