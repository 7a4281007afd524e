import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { checkPorts } from "../../scripts/layers/check-ports.ts";

const PORTS = `export interface Firewall { ensure(rules: string): Promise<void>; }
export interface Rules { readonly denied: string; }
`;

describe("checkPorts()", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ports-"));
    write("src/unit/ports.ts", PORTS);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(path: string, content: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }

  const CALLER = (path: string) => `import type { Firewall } from "${path}";
export const work = (firewall: Firewall) => firewall.ensure("");
`;

  it("accepts a port that its own room calls, and counts no plain data as a port", () => {
    write("src/unit/workload.ts", CALLER("./ports.ts"));
    expect(checkPorts(root)).to.deep.equal({ violations: [], ports: 1 });
  });

  it("accepts a call in a folder of the room", () => {
    write("src/unit/steps/workload.ts", CALLER("../ports.ts"));
    expect(checkPorts(root).violations).to.deep.equal([]);
  });

  it("reports a port that only another room calls", () => {
    write("src/charm/charm.ts", CALLER("../unit/ports.ts"));
    expect(checkPorts(root).violations).to.deep.equal([
      "src/unit/ports.ts: src/unit calls no Firewall; move it to whoever does",
    ]);
  });

  it("reports a port that its own room only passes on", () => {
    write(
      "src/unit/open.ts",
      'import type { Firewall } from "./ports.ts";\nexport const keep = (firewall: Firewall) => firewall;\n',
    );
    expect(checkPorts(root).violations).to.have.length(1);
  });

  it("fails where there is no port", () => {
    rmSync(join(root, "src/unit/ports.ts"));
    expect(() => checkPorts(root)).to.throw("no ports.ts below src/ declares one");
  });
});
