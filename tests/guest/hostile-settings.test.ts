import { execFileSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { aproxyCommands, aproxyRules } from "../../src/guest/aproxy.ts";
import { dockerClientFiles, dockerDaemonFiles } from "../../src/guest/docker-files.ts";
import { noProxy, proxyVariables, tmateVariables } from "../../src/guest/environment-variables.ts";
import { guestFiles } from "../../src/guest/bootstrap-payload.ts";
import { GuestValueError, isPlain, plainUrl, shellWord } from "../../src/guest/plain-value.ts";
import { policyCheck } from "../../src/guest/policy-check.ts";
import { PLAIN_GUEST } from "../../src/guest/settings.ts";
import { systemEnvironment } from "../../src/guest/environment-files.ts";
import { Secret } from "charm-kit";
import { SAMPLES } from "./sample-settings.ts";

const RUNNER = "runners-0-1a2b3c";

/** Pieces that end, begin or expand something in one of the languages of the guest's files. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "'",
          '"',
          "`",
          "$(touch /tmp/x)",
          "${HOME}",
          "\\",
          "\n",
          "\r",
          "\0",
          "%",
          "%n",
          "#",
          ";",
          "&",
          "|",
          " ",
        ],
        ...[
          "NOTICE",
          "POLICY=1",
          "}",
          "{",
          "*",
          "~",
          "!",
          "<",
          ">",
          "ExecStart=/bin/sh",
          "\u2028",
          "é",
          "\ud800",
        ],
      ),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join(""))
  .filter((text) => text !== "");

/** What bash makes of a script: it prints values with a NUL after each. */
function inBash(script: string): string[] {
  const output = execFileSync("bash", ["--norc", "-c", script], {
    encoding: "utf8",
    env: { LC_ALL: "C.UTF-8" },
  });
  return output.split("\0").slice(0, -1);
}

const slow = { numRuns: 30 };

describe("shellWord()", () => {
  it("is one word that stands for the text, whatever is in it", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const clean = Buffer.from(text.replaceAll("\0", "")).toString();
        expect(inBash(`printf '%s\\0' ${shellWord(text)}`)).to.deep.equal([clean]);
      }),
      slow,
    );
  });
});

describe("plainUrl()", () => {
  it("leaves URLs as operators write them alone", () => {
    for (const url of [
      "http://u:p%40ss@proxy.example:3128/",
      "https://[2001:db8::1]:443",
      "https://m.example/v2?a=b",
    ]) {
      expect(plainUrl(url)).to.equal(url);
    }
  });

  it("leaves nothing that a reader of environment files could take for something else", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const url = plainUrl(text);
        expect(isPlain(url)).to.equal(true);
        expect(plainUrl(url)).to.equal(url);
      }),
    );
  });
});

describe("Hostile settings", () => {
  const proxies = fc.record({ http: hostile, https: hostile, noProxy: hostile });

  it("make no other variable in /etc/environment, and no command where a shell reads it", () => {
    fc.assert(
      fc.property(proxies, (proxy) => {
        const settings = { ...PLAIN_GUEST, proxy };
        const { content } = systemEnvironment(settings, RUNNER);
        const variables = proxyVariables(settings, RUNNER);
        expect(
          content
            .trimEnd()
            .split("\n")
            .map((line) => line.split("=")[0]),
        ).to.deep.equal(["PATH", ...variables.keys()]);
        const names = [...variables.keys()].map((name) => `"$${name}"`).join(" ");
        expect(inBash(`${content}printf '%s\\0' ${names}`)).to.deep.equal([...variables.values()]);
      }),
      slow,
    );
  });

  it("make no other setting of Docker's unit", () => {
    fc.assert(
      fc.property(proxies, (proxy) => {
        const [dropIn] = dockerDaemonFiles({ ...PLAIN_GUEST, proxy }, RUNNER);
        const [section, ...lines] = (dropIn?.content ?? "").trimEnd().split("\n");
        expect(section).to.equal("[Service]");
        expect(lines).to.have.lengthOf(6);
        for (const line of lines) expect(line).to.match(/^Environment="[A-Za-z_]+=(?:[^"%\\\s]|%%)*"$/);
      }),
    );
  });

  it("stay values in Docker's JSON files", () => {
    fc.assert(
      fc.property(proxies, hostile, (proxy, dockerMirror) => {
        const settings = { ...PLAIN_GUEST, proxy, dockerMirror };
        for (const { content } of dockerClientFiles(settings, RUNNER)) {
          expect(JSON.parse(content)).to.deep.equal({
            proxies: {
              default: {
                httpProxy: plainUrl(proxy.http),
                httpsProxy: plainUrl(proxy.https),
                noProxy: noProxy(proxy, RUNNER),
              },
            },
          });
        }
        const daemon = dockerDaemonFiles(settings, RUNNER).find(({ path }) => path.endsWith("daemon.json"));
        expect(JSON.parse(daemon?.content ?? "")).to.deep.equal({
          "registry-mirrors": [plainUrl(dockerMirror)],
        });
      }),
    );
  });

  it("cannot end the addresses that are reached without the proxy", () => {
    fc.assert(
      fc.property(hostile, (list) => {
        const hosts = noProxy({ http: undefined, https: undefined, noProxy: list }, RUNNER).split(",");
        expect(hosts.slice(-2)).to.deep.equal([RUNNER, ".svc"]);
        for (const host of hosts) expect(isPlain(host)).to.equal(true);
      }),
    );
  });

  it("are refused where they cannot be written otherwise", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const debugSsh = { ...SAMPLES["debug-ssh"].debugSsh, host: text };
        if (!isPlain(text)) expect(() => tmateVariables(debugSsh)).to.throw(GuestValueError);
        const { aproxy } = SAMPLES.aproxy;
        for (const bad of [
          { ...aproxy, excludeAddresses: [text] },
          { ...aproxy, redirectPorts: [text] },
        ]) {
          if (!/^\d+$/.test(text)) expect(() => aproxyRules(bad)).to.throw(GuestValueError);
        }
        if (!/^[\w.-]+$/.test(text))
          expect(() => aproxyCommands({ ...aproxy, upstream: text }, undefined)).to.throw(GuestValueError);
      }),
    );
  });

  it("cannot add a command to the policy check", () => {
    fc.assert(
      fc.property(hostile, (url) => {
        const assignment =
          policyCheck({ url, oneTimeToken: new Secret("") }).split("\npolicy_request()")[0] ?? "";
        const clean = Buffer.from(url.replace(/\/+$/, "").replaceAll("\0", "")).toString();
        expect(inBash(`${assignment}\nprintf '%s\\0' "$policy_url"`)).to.deep.equal([clean]);
      }),
      slow,
    );
  });

  it("keep an operator's script as it is", () => {
    fc.assert(
      fc.property(hostile, (script) => {
        const contentOf = (preJobScript: string, name: string) =>
          guestFiles({ ...PLAIN_GUEST, preJobScript }, RUNNER).find(({ path }) => path.endsWith(name))
            ?.content;
        const written = contentOf(script, "operator-pre-job");
        expect(written).to.equal(script.endsWith("\n") ? script : `${script}\n`);
        // Nothing of it is in the hook: that is the same for every script.
        fc.pre(script !== "");
        expect(contentOf(script, "pre-job.sh")).to.equal(contentOf("#!/bin/sh\n", "pre-job.sh"));
      }),
    );
  });
});
