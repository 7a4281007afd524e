import { Secret } from "charm-kit";
import { parseNetwork } from "../../src/network/network.ts";
import type { ServiceSettings } from "../../src/unit/service-settings.ts";

/** Settings with a value of each type that a configuration has. */
export function sampleSettings(change: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    revision: 1,
    paused: undefined,
    unit: { appName: "runners", unitName: "runners/0", deployment: "6d1a7c50-0000-4000-8000-000000000000" },
    setup: {
      configuration: {
        path: { kind: "repository", owner: "octo", repository: "cat" },
        githubUrl: "https://github.com",
        group: "default",
        labels: ["large"],
        count: 2,
        scaling: undefined,
        standby: 1,
        instanceType: "container",
        resources: { cpu: 2, memory: "7GiB", disk: "10GiB" },
        processes: 8192,
        baseImage: "jammy",
        imageServer: "local",
        packages: ["jq"],
        caCertificate: undefined,
        reconcileMinutes: 10,
        metricsPort: undefined,
        capsules: { count: 5, bytes: 2 ** 25, ageMs: 86_400_000 },
        denylist: [parseNetwork("10.0.0.0/8"), parseNetwork("fd00::/8")].flatMap((network) => network ?? []),
        subnet: undefined,
        proxy: undefined,
        aproxy: undefined,
        dockerMirror: undefined,
        preJobScript: "#!/bin/sh\necho 'ü \u2028'\n",
        storage: "juju-storage",
        policy: { by: "service", url: "https://policy.example", token: new Secret("policy-token") },
        insecure: false,
      },
      credentials: { by: "token", token: new Secret("the-token") },
    },
    integrations: { debugSshHosts: [] },
    refreshCommand: ["/usr/bin/juju-exec", "runners/0", "update-status"],
    reconcileCommand: ["/usr/bin/juju-exec", "runners/0", "reconcile-runners"],
    ...change,
  };
}
