import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

import type { AgentEvent } from "../src/agent-event.ts";
import type { MachineFacts } from "../src/machine-facts.ts";
import { UnitAgent } from "../src/unit-agent.ts";
import { systemClock } from "charm-kit";

export const METADATA = "name: tiny\nsummary: A tiny charm\ndescription: For tests\n";
const MANIFEST =
  "bases:\n  - {name: ubuntu, channel: '22.04', architectures: [amd64]}\n  - {name: ubuntu, channel: '24.04'}\n";
const CONFIG = `options:
  text: {type: string, default: "hello"}
  unset: {type: string}
  number: {type: int, default: 3}
  ratio: {type: float, default: 1.5}
  flag: {type: boolean, default: false}
  secret-id: {type: secret}
`;
export const ACTIONS = `greet:
  description: Greets
  params:
    name: {type: string, default: world}
    times: {type: integer, minimum: 0, exclusiveMinimum: true}
    nested: {type: object, properties: {depth: {type: integer, default: 2}}}
  additionalProperties: false
fail: {}
strict:
  params: {mode: {type: string, enum: [idle, busy]}}
  required: [mode]
`;

/** A file of an archive: its text, and its mode if it is not an ordinary file. */
export type ArchiveFile = string | { readonly text: string; readonly mode: number };

/** Packs a valid charm; `files` adds and replaces files, and undefined removes one. */
export async function packCharm(
  path: string,
  dispatch: string,
  files: Readonly<Record<string, ArchiveFile | undefined>> = {},
): Promise<string> {
  const zip = new ZipFile();
  const all: Readonly<Record<string, ArchiveFile | undefined>> = {
    "metadata.yaml": METADATA,
    "manifest.yaml": MANIFEST,
    "config.yaml": CONFIG,
    "actions.yaml": ACTIONS,
    dispatch: { text: `#!/bin/sh\n${dispatch}\n`, mode: 0o100755 },
    ...files,
  };
  for (const [name, file] of Object.entries(all)) {
    if (file === undefined) continue;
    const { text, mode } = typeof file === "string" ? { text: file, mode: 0o100644 } : file;
    zip.addBuffer(Buffer.from(text), name, { mode });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}

export const MACHINE: MachineFacts = {
  path: process.env["PATH"] ?? "",
  distribution: "ubuntu",
  architecture: "amd64",
  bootId: "boot-1",
  address: { interfaceName: "eth0", macAddress: "00:16:3e:00:00:01", value: "10.0.0.5", cidr: "10.0.0.0/24" },
};

/** A state directory, its agent, and the agent's events. */
export class AgentFixture {
  readonly directory: string;
  readonly agent: UnitAgent;
  readonly events: AgentEvent[] = [];

  private constructor(directory: string, machine: MachineFacts) {
    this.directory = directory;
    this.agent = this.restarted(machine);
  }

  static async make(below = "state"): Promise<AgentFixture> {
    return new AgentFixture(join(await mkdtemp(join(tmpdir(), "agent-test-")), below), MACHINE);
  }

  /** Creates another agent for the same directory, as after a restart. */
  restarted(machine: MachineFacts = MACHINE): UnitAgent {
    return new UnitAgent({
      stateDirectory: this.directory,
      clock: systemClock,
      machine,
      onEvent: (event) => {
        this.events.push(event);
      },
    });
  }

  /** Packs a charm and deploys it. */
  async deploy(dispatch: string, files: Parameters<typeof packCharm>[2] = {}): Promise<string> {
    return this.agent.deploy({ archive: await this.pack(dispatch, files) }, NEVER);
  }

  pack(dispatch: string, files: Parameters<typeof packCharm>[2] = {}): Promise<string> {
    return packCharm(`${this.directory}-${process.hrtime.bigint()}.charm`, dispatch, files);
  }

  /** Runs a script in tiny/0. @returns its output without the last newline */
  async run(script: string): Promise<string> {
    const { stdout, stderr } = await this.agent.exec("tiny/0", script, NEVER);
    return `${stdout}${stderr}`.replace(/\n$/, "");
  }

  /** Log messages of a logger of tiny/0. */
  messages(source: string): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === "log" && event.line.logger === `unit.tiny/0.${source}` ? [event.line.message] : [],
    );
  }

  /** Names of the contexts that have run. */
  contexts(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "context-started" ? [event.name] : []));
  }

  async dispose(): Promise<void> {
    await rm(join(this.directory, ".."), { recursive: true, force: true });
  }
}

export const NEVER = new AbortController().signal;
