/** The charm of the process tests, which run it as a child process with a hook environment. */
import { writeFileSync, writeSync } from "node:fs";
import { Charm, main, type ActionEvent, type CharmEvent, type Framework } from "../src/index.ts";
import { CodedError } from "charm-kit";

class NoPathError extends CodedError {
  readonly code = "no-path";
}

class LivelyCharm extends Charm {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.install, this.onInstall);
    framework.observe(this.on.start, this.onStart);
    framework.observe(this.on.stop, this.onStop);
    framework.observe(this.on.configChanged, this.onConfigChanged);
    framework.observe(this.on.action("check-runners"), this.onCheckRunners);
  }

  readonly onInstall = async (event: CharmEvent): Promise<void> => {
    const { token } = await this.config.read();
    if (typeof token !== "string") throw new NoPathError("Cannot install: the token is missing");
    this.framework.redactor.add(token);
    this.log.debug("Reading options", { token });
    this.log.info("Installing with", { token });
    this.log.warning("Second line");
    await this.unit.setStatus({ name: "active", message: `${event.name} of ${this.unit.name}` });
  };

  readonly onStart = (): void => {
    throw new NoPathError("Cannot start: the path is missing");
  };

  readonly onStop = async ({ signal }: CharmEvent): Promise<void> => {
    writeSync(1, "waiting\n");
    await new Promise((_, reject) => {
      const alive = setInterval(() => undefined, 1000);
      signal.addEventListener("abort", () => {
        clearInterval(alive);
        reject(signal.reason as Error);
      });
    });
  };

  readonly onConfigChanged = async (): Promise<void> => {
    void Promise.reject(new Error("nobody awaits this"));
    await new Promise(() => setInterval(() => undefined, 1000));
  };

  readonly onCheckRunners = async (event: ActionEvent): Promise<void> => {
    await event.setResults({ online: 2 });
    throw new NoPathError("Cannot check runners: the path is missing");
  };
}

const { MODULE_LIST: moduleList } = process.env;
if (moduleList !== undefined) {
  process.on("exit", () => {
    const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
    writeFileSync(moduleList, moduleLoadList.join("\n"));
  });
}

await main(LivelyCharm);
