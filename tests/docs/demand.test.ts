import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeRefusedSet } from "../../src/github/refused-scale-sets.ts";
import { describeUnserved } from "../../src/unit/former-paths.ts";
import { describeDemand, describeSuspicion } from "../../src/unit/demand.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
/** In one line. */
const page = read("docs/reference/demand.md").replaceAll(/\s+/g, " ");

describe("docs/reference/demand.md", () => {
  it("has each message that the listener, the former paths and the former scale sets write, and no other", () => {
    const source = [
      "src/service/demand-listener.ts",
      "src/unit/former-paths.ts",
      "src/unit/unit-scopes.ts",
      "src/github/former-scale-sets.ts",
      "src/github/refused-scale-sets.ts",
    ]
      .map(read)
      .join("\n");
    const messages = [...source.matchAll(/log\.(?:debug|info|warning|error)\(\s*"([^"]+)"/g)].map(
      ([, text]) => text,
    );
    expect(messages.length).to.be.at.least(8);
    const [, journal = ""] = /## In the journal(.*?)## /.exec(page) ?? [];
    const rows = [...journal.matchAll(/\| `([^`]+)` \|/g)].map(([, text]) => text);
    expect([...new Set(rows)].sort()).to.deep.equal([...new Set(messages)].sort());
  });

  it("has the texts that the status gets", () => {
    const scaling = { idle: 0, scaleSetName: "" };
    const attemptedAt = Date.UTC(2026, 10, 25, 10, 12);
    const heard = { key: "", lastMessageId: 0, assigned: 4, running: 0, waitingSince: -8000, heardAt: 0 };
    const here = { key: "", now: 0 };
    const suspicion = { jobs: 2, since: 0, attempts: 1, attemptedAt };
    const texts = [
      ...describeDemand(scaling, heard, here),
      ...describeDemand(scaling, null, here),
      describeSuspicion({ ...suspicion, kind: "missing" }),
      describeSuspicion({ ...suspicion, kind: "unclaimed" }),
      describeRefusedSet("runners-0 (7)", "…"),
      describeUnserved("https://github.com/octo", "…", Date.UTC(2026, 0, 2, 10)),
    ];
    for (const text of texts) expect(page).to.include(`\`${text.replace(/githubstatus\.com.*/, "…")}`);
    expect(describeSuspicion({ ...suspicion, kind: "unclaimed", shown: 0 })).to.include(
      ", of which its API shows none as queued",
    );
    expect(page).to.include("`…, of which its API shows none as queued`");
  });
});
