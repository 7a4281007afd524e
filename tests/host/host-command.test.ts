import { expect } from "chai";
import { HostCommandError, renderWords, runOrFail } from "../../src/host/host-command.ts";
import { runProcess } from "../../src/host/run-process.ts";

const shell = (script: string) => ({ words: ["sh", "-c", script], limitMs: 10_000 }) as const;
const signal = () => AbortSignal.timeout(10_000);

describe("runOrFail()", () => {
  it("gives what the program wrote", async () => {
    expect(await runOrFail(runProcess, "show it", shell("echo there"), signal())).to.equal("there\n");
  });

  it("tells the command and the end of what it said", async () => {
    const failing = shell("echo no; for i in 1 2 3 4 5; do echo line $i >&2; done; exit 2");
    const thrown = await runOrFail(runProcess, "show it", failing, signal()).catch((e: unknown) => e);
    expect(thrown).to.be.instanceOf(HostCommandError);
    expect((thrown as Error).message).to.match(
      /^Cannot show it: `sh -c '.*'` ended with 2: line 3; line 4; line 5$/,
    );
  });
});

describe("renderWords()", () => {
  it("quotes what a shell would read in another way", () => {
    expect(renderWords(["echo", "a b", "c=d"])).to.equal("echo 'a b' c=d");
  });
});
