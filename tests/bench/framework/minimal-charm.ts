/** The least charm: one event without a tool, one with a single one. `minimal_charm.py` is the same for ops. */
import { Charm, main, type Framework } from "juju-charm";

class MinimalCharm extends Charm {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.start, this.onStart);
    framework.observe(this.on.configChanged, this.onConfigChanged);
  }

  readonly onStart = (): void => undefined;

  readonly onConfigChanged = async (): Promise<void> => {
    await this.config.read();
  };
}

await main(MinimalCharm);
