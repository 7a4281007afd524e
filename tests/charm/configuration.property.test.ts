import { expect } from "chai";
import fc from "fast-check";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import {
  parseConfiguration,
  parseForgeConfiguration,
  type CharmConfiguration,
} from "../../src/charm/configuration.ts";
import { createGithubClient, openDispatcher } from "../../src/github/index.ts";
import { bootstrapPayload } from "../../src/guest/bootstrap-payload.ts";
import { renderPayload } from "../../src/guest/payload.ts";
import { policyCheck } from "../../src/guest/policy-check.ts";
import { trustCertificates } from "../../src/network/system-certificates.ts";
import { ExternalPolicy } from "../../src/policy/external-policy.ts";
import { imageRecipe } from "../../src/runners/image-recipe.ts";
import { configHashOf } from "../../src/unit/config-hash.ts";
import { firewallRules } from "../../src/unit/firewall-rules.ts";
import { guestSettings } from "../../src/unit/guest-settings.ts";
import { wantedTimers } from "../../src/unit/open-timers.ts";
import { runnerLabels } from "../../src/unit/runner-labels.ts";
import { Secret, silentLogger, systemClock } from "charm-kit";
import type { Proxies } from "juju-charm";
import { anyOptions, anyProxies, type AnyOptions } from "./any-options.ts";

const credentials = { by: "token", token: new Secret("ghp_x") } as const;
const LONGEST_STATUS = 4000;

/** Makes everything that follows from a configuration before LXD or GitHub is asked. */
async function makeAll(configuration: CharmConfiguration): Promise<void> {
  const { path, githubUrl, group, proxy, aproxy, policy, packages, instanceType, caCertificate } =
    configuration;
  const { dispatcher, close } = openDispatcher(proxy);
  createGithubClient({ path, githubUrl, group, credentials, log: silentLogger, dispatcher });
  await close();
  if (policy.by === "service") {
    new ExternalPolicy({ url: policy.url, token: policy.token, clock: systemClock });
    policyCheck({ url: policy.url, oneTimeToken: new Secret("once") });
  }
  const settings = {
    ...guestSettings(configuration),
    policy: policy.by === "service" ? { url: policy.url, oneTimeToken: new Secret("once") } : undefined,
  };
  const registration = { by: "just-in-time", jitConfig: new Secret("x") } as const;
  renderPayload(bootstrapPayload(settings, "runners-0-1a2b3c", registration));
  imageRecipe({
    base: { server: undefined, alias: configuration.baseImage },
    arch: "x64",
    application: { version: "2.337.0", archivePath: "/x" },
    ...{ packages, instanceType, proxy, certificates: caCertificate, hasAproxy: aproxy !== undefined },
  });
  const integrations = { debugSshHosts: [] };
  const labels = runnerLabels(configuration, "runners", "x64");
  configHashOf({ configuration, credentials, labels, template: "t", profiles: [], integrations });
  firewallRules(configuration, integrations);
  wantedTimers(configuration, { unitName: "runners/0", deployment: "d" });
  if (caCertificate !== undefined) trustCertificates(caCertificate);
}

describe("parseConfiguration(), with any options", function () {
  this.timeout(120_000);

  it("accepts what everything can be made from, and refuses all else with a ConfigurationError", async () => {
    const check = async (options: AnyOptions, proxies: Proxies) => {
      let configuration: CharmConfiguration;
      try {
        configuration = parseConfiguration({ options, proxies }, checkOptions);
      } catch (thrown) {
        expect(thrown).to.be.instanceOf(ConfigurationError);
        return;
      }
      await makeAll(configuration);
    };
    await fc.assert(fc.asyncProperty(anyOptions, anyProxies, check), { numRuns: 3000 });
  });

  it("repeats no more of a value than fits into a status", () => {
    fc.assert(
      fc.property(anyOptions, anyProxies, (options, proxies) => {
        for (const parse of [parseConfiguration, parseForgeConfiguration]) {
          try {
            parse({ options, proxies }, checkOptions);
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(ConfigurationError);
            expect((thrown as ConfigurationError).message.length).to.be.below(LONGEST_STATUS);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
