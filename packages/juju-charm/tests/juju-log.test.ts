import { expect } from "chai";
import { JujuLog } from "../src/log/juju-log.ts";
import { DeadlineError, Redactor, type LogLevel } from "charm-kit";
import { FakeHookTools } from "./fake-hook-tools.ts";

describe("JujuLog", () => {
  const setUp = (debug: "stdout" | "juju-log" = "stdout") => {
    const tools = new FakeHookTools();
    const written: string[] = [];
    const redactor = new Redactor();
    const log = new JujuLog({
      tools,
      scrub: (text) => redactor.scrub(text),
      writeLine: (line) => void written.push(line),
      debug,
    });
    return { tools, written, redactor, log };
  };

  it("sends INFO and above to juju-log and DEBUG to standard output", async () => {
    const { tools, written, log } = setUp();
    log.logger.debug("Reading", { file: "a" });
    log.logger.info("Registering runner", { runner: "a-1" });
    log.logger.warning("Slow");
    log.logger.error("Broken");
    await log.drain();
    expect(written).to.deep.equal(["Reading file=a"]);
    expect(tools.lines).to.deep.equal(["INFO Registering runner runner=a-1", "WARNING Slow", "ERROR Broken"]);
  });

  it("sends DEBUG to juju-log when standard output is part of a result", async () => {
    const { tools, written, log } = setUp("juju-log");
    log.logger.debug("Reading");
    await log.drain();
    expect(written).to.deep.equal([]);
    expect(tools.lines).to.deep.equal(["DEBUG Reading"]);
  });

  it("runs one juju-log at a time, in the order of the lines, and drains lines written during the drain", async () => {
    const seen: string[] = [];
    let running = 0;
    let inner = 3;
    const log: JujuLog = new JujuLog({
      tools: {
        log: async (_level: LogLevel, message: string) => {
          running += 1;
          expect(running).to.equal(1);
          await new Promise(setImmediate);
          seen.push(message);
          running -= 1;
          if (inner > 0) log.logger.info(`inner ${(inner -= 1)}`);
        },
      },
      scrub: (text) => text,
      writeLine: (line) => void seen.push(`stdout: ${line}`),
    });
    log.logger.info("one");
    log.logger.info("two");
    expect(seen).to.deep.equal([]);
    await log.drain();
    expect(seen).to.deep.equal(["one", "two", "inner 2", "inner 1", "inner 0"]);
  });

  it("redacts secrets in all output, also when juju-log fails", async () => {
    const { tools, written, redactor, log } = setUp();
    redactor.add("ghp_secret");
    tools.fail("log", new Error("Cannot log ghp_secret"));
    log.logger.debug("Token is ghp_secret");
    log.logger.info("Got token", { token: "ghp_secret" });
    await log.drain();
    expect(written).to.deep.equal([
      "Token is [redacted]",
      "INFO Got token token=[redacted]",
      "Cannot log [redacted]",
    ]);
  });

  it("waits only once for a hanging juju-log, and writes later lines to standard output", async () => {
    const { tools, written, log } = setUp();
    tools.fail("log", new DeadlineError("run juju-log", 60_000));
    log.logger.info("one");
    log.logger.info("two");
    await log.drain();
    expect(written).to.deep.equal([
      "INFO one",
      "Cannot run juju-log: no answer within 60 seconds",
      "INFO two",
    ]);
    expect(tools.calls).to.deep.equal(["log"]);
  });
});
