import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readDeclaredPrograms } from "../../packages/juju-agent/src/service/declared-programs.ts";
import { DeclaredService } from "../../src/host/declared-service.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("DeclaredService", () => {
  const temporary = useTemporaryDirectory();
  const directory = () => join(temporary.path, "programs");
  const path = () => join(directory(), "fleet-0-runners.json");
  const service = () => new DeclaredService({ directory: directory(), slug: "fleet-0" });
  const declared = () =>
    readDeclaredPrograms("fleet/0", directory(), (text) => {
      throw new Error(text);
    });

  it("ensure() declares the command in the form that the agent reads, once", async () => {
    expect(await service().ensure(["/charm/node", "/charm/service.mjs", "fleet-0"])).to.equal("started");
    const [program] = await declared();
    expect(program?.command).to.deep.equal(["/charm/node", "/charm/service.mjs", "fleet-0"]);
    expect(await service().ensure(["/charm/node", "/charm/service.mjs", "fleet-0"])).to.equal("running");
    expect(await declared()).to.deep.equal([program]);
  });

  it("restart() gives the declaration another version, and keeps its command", async () => {
    await service().ensure(["/charm/node"]);
    utimesSync(path(), 1, 1);
    const [before] = await declared();
    const content = readFileSync(path(), "utf8");
    await service().restart();
    expect(statSync(path()).mtimeMs).to.be.greaterThan(1000);
    expect((await declared())[0]?.version).not.to.equal(before?.version);
    expect(readFileSync(path(), "utf8")).to.equal(content);
  });

  it("remove() leaves no declaration, also when there was none; restart() makes none", async () => {
    await service().ensure(["/charm/node"]);
    await service().remove();
    await service().remove();
    await service().restart();
    expect(existsSync(path())).to.equal(false);
  });
});
