import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { removeFile } from "charm-kit";

/** Paths in the agent's state directory; `agents` and `tools` have Juju's layout. */
export class AgentPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get state(): string {
    return join(this.root, "state.json");
  }

  get log(): string {
    return join(this.root, "debug.log");
  }

  /** The kept copy of a deployed archive. */
  archive(digest: string): string {
    return join(this.root, "charms", `${digest}.charm`);
  }

  get archives(): string {
    return join(this.root, "charms");
  }

  agent(unit: string): string {
    return join(this.root, "agents", `unit-${unit.replace("/", "-")}`);
  }

  charm(unit: string): string {
    return join(this.agent(unit), "charm");
  }

  /** Declarations of programs that the unit's hooks want to be kept running. */
  programs(unit: string): string {
    return join(this.agent(unit), "programs");
  }

  /** Declaration of the socket on which the unit's program tells of it. */
  liveView(unit: string): string {
    return join(this.agent(unit), "live-view.json");
  }

  tools(unit: string): string {
    return join(this.root, "tools", `unit-${unit.replace("/", "-")}`);
  }

  /** Deletes the agent's files, and the directory if it contains nothing else. */
  async delete(): Promise<void> {
    for (const name of ["agents", "tools", "charms"])
      await rm(join(this.root, name), { recursive: true, force: true });
    for (const path of [this.log, `${this.log}.1`, this.state]) await removeFile(path);
    await rmdir(this.root).catch(() => undefined);
  }

  socket(unit: string): string {
    return join(this.agent(unit), "agent.socket");
  }
}
