import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "undici";
import { createLogger, Redactor } from "charm-kit";
import { openScopes } from "../../src/unit/open-scopes.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { lonelySystem } from "../charm/lonely-system.ts";

const ENTRY = {
  key: "a1",
  githubUrl: "https://github.com",
  path: "acme/tools",
  credentials: { token: "ghp_secret" },
};

describe("openScopes()", () => {
  const directory = useTemporaryDirectory();
  let redactor: Redactor;
  let lines: string[];
  beforeEach(() => {
    redactor = new Redactor();
    lines = [];
  });

  const formerOf = async (stored: unknown) => {
    const system = lonelySystem(directory.path);
    mkdirSync(join(system.dataRoot, "runners-0"), { recursive: true });
    writeFileSync(join(system.dataRoot, "runners-0/places.json"), JSON.stringify(stored));
    const log = createLogger(
      (level, line) => lines.push(`${level} ${line}`),
      (text) => text,
    );
    const unit = { unitName: "runners/0", deployment: "d" };
    const scaleSetLedger = { read: () => Promise.resolve(null), write: () => Promise.resolve() };
    const context = { system, ...unit, log, redactor, dispatcher: new Agent(), scaleSetLedger };
    const scopes = openScopes(undefined, context);
    return (await scopes.former()).map(({ key }) => key);
  };

  it("opens the scopes of the record, and hides their credentials", async () => {
    expect(await formerOf([ENTRY])).to.deep.equal(["a1"]);
    expect(redactor.scrub("by ghp_secret")).to.equal("by [redacted]");
  });

  it("leaves ordinary words in the output when the record is damaged", async () => {
    for (const credentials of [{}, { privateKey: null }, { token: null }, { token: 1 }, { clientId: "x" }]) {
      expect(await formerOf([{ ...ENTRY, credentials }])).to.deep.equal([]);
    }
    const words = "undefined and null, NaN and [object Object]";
    expect(redactor.scrub(words)).to.equal(words);
  });

  it("ignores a scope whose path is no path of GitHub, and logs it", async () => {
    expect(
      await formerOf([
        { ...ENTRY, path: "a/b/c/d" },
        { ...ENTRY, key: "b2" },
      ]),
    ).to.deep.equal(["b2"]);
    expect(lines.join("\n")).to.match(/^WARNING .*a\/b\/c\/d/);
  });
});
