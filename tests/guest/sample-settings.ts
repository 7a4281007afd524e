import { PLAIN_GUEST, type GuestSettings } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";

const proxy = {
  http: "http://proxy.example:3128",
  https: "http://user:p%40ss@proxy.example:3129",
  noProxy: "localhost,127.0.0.1, .internal",
};
const aproxy = {
  upstream: "proxy.example:3128",
  excludeAddresses: ["10.0.0.0/8", "172.16.0.0/12", "192.168.1.1-192.168.1.9"],
  redirectPorts: ["80", "443", "8000-8010"],
};
const dockerMirror = "https://mirror.example:5000";
const debugSsh = {
  host: "203.0.113.5",
  port: 10022,
  rsaFingerprint: "SHA256:n9/yB2kYqh0BRLmVXLRsxDfy0K5ueDQMUjJkCzaSVGI",
  ed25519Fingerprint: "SHA256:6pxU9wpXoqYdkUxh+n8tPQ2mDXcUFQ6sEPK0zGvcvXU",
};
const policy = { url: "https://policy.example/api/", oneTimeToken: new Secret("one-time-token") };
const preJobScript = "#!/usr/bin/env python3\nprint('hello')";

/** One of each combination of settings that gives a runner other files. */
export const SAMPLES = {
  plain: PLAIN_GUEST,
  proxy: { ...PLAIN_GUEST, proxy },
  aproxy: { ...PLAIN_GUEST, proxy, aproxy },
  mirror: { ...PLAIN_GUEST, dockerMirror },
  "debug-ssh": { ...PLAIN_GUEST, debugSsh },
  "pre-job-script": { ...PLAIN_GUEST, preJobScript },
  "no-metrics": { ...PLAIN_GUEST, metrics: false },
  policy: { ...PLAIN_GUEST, policy },
  "proxy-mirror": { ...PLAIN_GUEST, proxy, dockerMirror },
  certificates: { ...PLAIN_GUEST, hasCertificates: true },
  cluster: { ...PLAIN_GUEST, endsJobFirst: true },
  all: {
    ...{ proxy, aproxy, dockerMirror, debugSsh, policy, preJobScript },
    ...{ hasCertificates: true, metrics: true, endsJobFirst: true },
  },
} as const satisfies Readonly<Record<string, GuestSettings>>;
