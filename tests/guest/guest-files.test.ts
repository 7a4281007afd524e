import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { guestFiles, bootstrapPayload } from "../../src/guest/bootstrap-payload.ts";
import type { GuestFile, SecretFile } from "../../src/guest/payload.ts";
import { PLAIN_GUEST } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";
import { SAMPLES } from "./sample-settings.ts";

const GOLDEN = join(import.meta.dirname, "../golden/guest");
const RUNNER = "runners-0-1a2b3c";
const registration = { by: "just-in-time", jitConfig: new Secret("configuration") } as const;

describe("guestFiles()", () => {
  for (const [name, settings] of Object.entries(SAMPLES)) {
    // After a change on purpose: WRITE_GOLDEN=1 mocha --no-config tests/guest/guest-files.test.ts
    it(`gives the files of tests/golden/guest/${name}.txt, with their modes and owners`, () => {
      const rendered = guestFiles(settings, RUNNER).map(printed).join("\n");
      const path = join(GOLDEN, `${name}.txt`);
      if (process.env["WRITE_GOLDEN"]) writeFileSync(path, rendered);
      expect(rendered).to.equal(readFileSync(path, "utf8"));
    });
  }

  it("keeps the one-time token out of every file that is no secret", () => {
    for (const { content, path } of guestFiles(SAMPLES.all, RUNNER)) {
      if (typeof content === "string") expect(content, path).to.not.contain("one-time-token");
    }
  });

  it("leaves out a proxy that is not set", () => {
    const proxy = { http: undefined, https: "http://proxy.example", noProxy: "" };
    const files = guestFiles({ ...PLAIN_GUEST, proxy }, RUNNER);
    const contents = files.map(({ content }) => String(content)).join();
    expect(contents).to.contain("HTTPS_PROXY=").and.contain("httpsProxy");
    expect(contents).to.not.match(/\bHTTP_PROXY=|"httpProxy"/i);
  });
});

describe("bootstrapPayload()", () => {
  it("runs the preparation where there is one", () => {
    expect(bootstrapPayload(SAMPLES.plain, RUNNER, registration).preparation).to.equal(undefined);
    for (const name of ["proxy", "aproxy", "mirror", "policy"] as const) {
      const { preparation } = bootstrapPayload(SAMPLES[name], RUNNER, registration);
      expect(preparation, name).to.equal("/usr/local/lib/github-runner/prepare");
    }
  });

  it("gives the application the proxies and its registration, since it is no login that reads /etc/environment", () => {
    const { environment } = bootstrapPayload(SAMPLES.proxy, RUNNER, registration);
    expect([...environment.keys()]).to.deep.equal([
      ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
      "ACTIONS_RUNNER_INPUT_JITCONFIG",
    ]);
    expect(environment.get("NO_PROXY")?.reveal()).to.equal(`localhost,127.0.0.1,.internal,${RUNNER},.svc`);
  });

  it("gives the application no proxies where aproxy takes their place", () => {
    const { environment } = bootstrapPayload(SAMPLES.aproxy, RUNNER, registration);
    expect([...environment.keys()]).to.deep.equal(["ACTIONS_RUNNER_INPUT_JITCONFIG"]);
  });
});

function printed({ path, mode, owner, content }: GuestFile | SecretFile): string {
  return `===== ${path} ${mode} ${owner}\n${String(content)}`;
}
