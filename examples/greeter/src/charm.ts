import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Charm,
  StopWithStatus,
  type ActionEventOf,
  type CollectStatusEvent,
  type Framework,
  type RelationEvent,
  type StateSlot,
} from "juju-charm";
import type { GreeterTypes } from "./metadata.generated.ts";

/** Names of greeted guests, in order. */
export const greeted: StateSlot<readonly string[]> = {
  name: "greeted",
  parse: (stored) => (Array.isArray(stored) ? stored.map(String) : []),
};

/** Greets guests and keeps a page of them. */
export class GreeterCharm extends Charm<GreeterTypes> {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.configChanged, this.onConfigChanged);
    framework.observe(this.on.action("greet"), this.onGreet);
    framework.observe(this.on.relation("guests").changed, this.onGuestsChanged);
    framework.observe(this.on.collectUnitStatus, this.onCollectUnitStatus);
  }

  async onConfigChanged(): Promise<void> {
    await this.#writePage(await this.framework.state.read(greeted));
  }

  async onGreet(event: ActionEventOf<GreeterTypes, "greet">): Promise<void> {
    const { who } = await event.params();
    await event.setResults({ greeting: await this.#greet(who) });
  }

  async onGuestsChanged({ relation, unit }: RelationEvent<"guests">): Promise<void> {
    const guest = unit && (await relation.data(unit).get("name"));
    // Without a name yet: another relation-changed follows when the guest sets it.
    if (guest) await relation.data(this.unit).set("greeting", await this.#greet(guest));
  }

  async onCollectUnitStatus(event: CollectStatusEvent): Promise<void> {
    await this.#greetingWord();
    const names = await this.framework.state.read(greeted);
    event.addStatus({ name: "active", message: `Greeted ${names.length}` });
  }

  async #greet(name: string): Promise<string> {
    const word = await this.#greetingWord();
    const before = await this.framework.state.read(greeted);
    const names = [...before.filter((other) => other !== name), name];
    await this.framework.state.write(greeted, names);
    await this.#writePage(names);
    return `${word}, ${name}!`;
  }

  async #writePage(names: readonly string[]): Promise<void> {
    const word = await this.#greetingWord();
    const lines = names.map((name) => `${word}, ${name}!\n`);
    await writeFile(join(this.framework.context.charmDir, "page.txt"), lines.join(""));
  }

  /** Blocks the unit when the greeting word is missing. */
  async #greetingWord(): Promise<string> {
    const { greeting } = await this.config.read();
    if (greeting === "") throw new StopWithStatus({ name: "blocked", message: "Set the option greeting" });
    return greeting;
  }
}
