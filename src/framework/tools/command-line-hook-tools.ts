import type { LogLevel } from "../../support/log.ts";
import type { Secret } from "../../support/secret.ts";
import type { Environment } from "../dispatch/environment.ts";
import { HookToolError } from "./hook-tool-error.ts";
import type { HookTools, JsonObject, JsonValue, Status } from "./hook-tools.ts";
import { isJsonObject, isStringList, parseJSON } from "./json.ts";
import { runTool } from "./run-tool.ts";
import { splitMessage } from "../log/split-message.ts";

/** How hook tools are run. */
export interface CommandLineHookToolsOptions {
  /** The environment of the dispatch. */
  readonly env: Environment;
  /** Aborted when Juju ends the dispatch early: running tools are killed. Log lines are still delivered. */
  readonly signal: AbortSignal;
  /**
   * Longest time one tool may take, in milliseconds.
   *
   * @default 60000
   */
  readonly limitMs?: number;
}

const DEFAULT_LIMIT_MS = 60_000;

/** Linux takes 128 KiB for one argument, with the zero that ends it; the rest is room for the prefix Juju adds. */
const LONGEST_MESSAGE = 127 * 1024;

/**
 * The hook tools that the unit agent puts on `PATH`.
 *
 * Made for one dispatch: answers that Juju keeps for a dispatch are read once, and a status that is already shown is
 * not set again.
 */
export class CommandLineHookTools implements HookTools {
  readonly #env: Environment;
  readonly #signal: AbortSignal;
  readonly #limitMs: number;
  readonly #answers = new Map<string, Promise<JsonValue>>();
  readonly #shown = new Map<string, string>();

  constructor(options: CommandLineHookToolsOptions) {
    this.#env = options.env;
    this.#signal = options.signal;
    this.#limitMs = options.limitMs ?? DEFAULT_LIMIT_MS;
  }

  async configGet(): Promise<JsonObject> {
    return this.#readObject("config-get");
  }

  async statusSet(status: Status): Promise<void> {
    await this.#show(status, []);
  }

  async applicationStatusSet(status: Status): Promise<void> {
    await this.#show(status, ["--application"]);
  }

  async statusGet(): Promise<{ readonly name: string; readonly message: string }> {
    const answer = await this.#ask("status-get", ["--include-data"]);
    if (!isJsonObject(answer) || typeof answer["status"] !== "string")
      throw unexpected("status-get", "a status");
    const message = answer["message"];
    return { name: answer["status"], message: typeof message === "string" ? message : "" };
  }

  async isLeader(): Promise<boolean> {
    const answer = await this.#readOnce("is-leader");
    if (typeof answer !== "boolean") throw unexpected("is-leader", "true or false");
    return answer;
  }

  async log(level: LogLevel, message: string): Promise<void> {
    // What happened before an abort must be told after it: only the limit ends juju-log.
    const { signal } = new AbortController();
    for (const part of splitMessage(message, LONGEST_MESSAGE)) {
      await this.#run("juju-log", ["--log-level", level, "--", part], { signal });
    }
  }

  async applicationVersionSet(version: string): Promise<void> {
    await this.#run("application-version-set", ["--", version]);
  }

  async actionGet(): Promise<JsonObject> {
    return this.#readObject("action-get");
  }

  async actionSet(results: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(results).map(([key, value]) => `${key}=${value}`);
    if (pairs.length > 0) await this.#run("action-set", ["--", ...pairs]);
  }

  async actionFail(message: string): Promise<void> {
    await this.#run("action-fail", ["--", message]);
  }

  async actionLog(message: string): Promise<void> {
    for (const part of splitMessage(message, LONGEST_MESSAGE)) await this.#run("action-log", ["--", part]);
  }

  async secretGet(id: string, revision: "tracked" | "latest"): Promise<Readonly<Record<string, Secret>>> {
    // Loaded late: it needs node:util, whose import costs a tenth of an unobserved dispatch.
    const { Secret } = await import("../../support/secret.ts");
    const flags = revision === "latest" ? ["--refresh"] : [];
    const fields = await this.#readStrings("secret-get", [...flags, "--", id]);
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, new Secret(value)]));
  }

  async relationIDs(endpoint: string): Promise<readonly number[]> {
    const names = await this.#readList("relation-ids", ["--", endpoint]);
    return names.map((name) => Number(name.slice(name.lastIndexOf(":") + 1)));
  }

  async relationUnits(id: number): Promise<readonly string[]> {
    return this.#readList("relation-list", ["-r", String(id)]);
  }

  async relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>> {
    const flags = member.includes("/") ? [] : ["--app"];
    return this.#readStrings("relation-get", ["-r", String(id), ...flags, "--", "-", member]);
  }

  async relationSet(
    id: number,
    scope: "unit" | "app",
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    const flags = scope === "app" ? ["--app"] : [];
    // Through a file the values are on no command line, and Juju does not trim them.
    await this.#run("relation-set", ["-r", String(id), ...flags, "--file", "-"], {
      input: JSON.stringify(data),
    });
    this.#forget("relation-get");
  }

  async storageList(name: string): Promise<readonly string[]> {
    return this.#readList("storage-list", ["--", name]);
  }

  async storageGet(id: string): Promise<{ readonly kind: string; readonly location: string }> {
    const { kind, location } = await this.#readStrings("storage-get", ["-s", id]);
    if (kind === undefined || location === undefined)
      throw unexpected("storage-get", "a kind and a location");
    return { kind, location };
  }

  async reboot(): Promise<void> {
    await this.#run("juju-reboot", []);
  }

  async #show(status: Status, flags: readonly string[]): Promise<void> {
    const target = flags.join(" ");
    const shown = JSON.stringify([status.name, status.message]);
    if (this.#shown.get(target) === shown) return;
    await this.#run("status-set", [...flags, "--", status.name, status.message]);
    this.#shown.set(target, shown);
  }

  async #readStrings(tool: string, args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#readObject(tool, args);
    if (!Object.values(answer).every((value) => typeof value === "string")) throw unexpected(tool, "strings");
    return answer as Readonly<Record<string, string>>;
  }

  async #readList(tool: string, args: readonly string[]): Promise<readonly string[]> {
    // Juju prints null for an empty list.
    const answer = (await this.#readOnce(tool, args)) ?? [];
    if (!isStringList(answer)) throw unexpected(tool, "a list of strings");
    return answer;
  }

  async #readObject(tool: string, args: readonly string[] = []): Promise<JsonObject> {
    // Juju prints null for an empty map.
    const answer = (await this.#readOnce(tool, args)) ?? {};
    if (!isJsonObject(answer)) throw unexpected(tool, "an object");
    return answer;
  }

  async #readOnce(tool: string, args: readonly string[] = []): Promise<JsonValue> {
    const key = JSON.stringify([tool, ...args]);
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = this.#ask(tool, args);
    this.#answers.set(key, answer);
    try {
      return await answer;
    } catch (thrown) {
      this.#answers.delete(key);
      throw thrown;
    }
  }

  #forget(tool: string): void {
    const prefix = `[${JSON.stringify(tool)}`;
    for (const key of [...this.#answers.keys()]) if (key.startsWith(prefix)) this.#answers.delete(key);
  }

  async #ask(tool: string, args: readonly string[]): Promise<JsonValue> {
    const output = await this.#run(tool, ["--format=json", ...args]);
    try {
      return parseJSON(output);
    } catch {
      throw unexpected(tool, "JSON");
    }
  }

  #run(tool: string, args: readonly string[], how: RunOptions = {}): Promise<string> {
    const options = { env: this.#env, limitMs: this.#limitMs, input: how.input };
    return runTool(tool, args, options, how.signal ?? this.#signal);
  }
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly input?: string;
}

/** The answer itself is not told: it may hold secrets. */
function unexpected(tool: string, expected: string): HookToolError {
  return new HookToolError(tool, { exitCode: 0, detail: `its answer is not ${expected}` });
}
