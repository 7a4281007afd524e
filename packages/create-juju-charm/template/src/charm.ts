import { Charm, type ActionEventOf, type CollectStatusEvent, type Framework } from "juju-charm";
import type { SampleTypes } from "./metadata.generated.ts";

/** Greets guests. */
export class SampleCharm extends Charm<SampleTypes> {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.configChanged, this.onConfigChanged);
    framework.observe(this.on.action("greet"), this.onGreet);
    framework.observe(this.on.collectUnitStatus, this.onCollectUnitStatus);
  }

  onConfigChanged(): void {
    // Apply the options here: write files, restart services.
  }

  async onGreet(event: ActionEventOf<SampleTypes, "greet">): Promise<void> {
    const { who } = await event.params();
    const { greeting } = await this.config.read();
    await event.setResults({ greeting: `${greeting}, ${who}!` });
  }

  async onCollectUnitStatus(event: CollectStatusEvent): Promise<void> {
    const { greeting } = await this.config.read();
    if (greeting === "") event.addStatus({ name: "blocked", message: "Set the option greeting" });
    else event.addStatus({ name: "active", message: "" });
  }
}
