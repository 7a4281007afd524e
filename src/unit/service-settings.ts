import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConditionError, isRecord, messageOf, Secret, systemErrorCode, writeFileAtomically } from "charm-kit";
import type { Integrations } from "./integrations.ts";
import type { Setup } from "./setup.ts";
import { recordDirectory } from "./unit-records.ts";
import type { UnitOnMachine } from "./unit-slug.ts";
import type { UnitIdentity } from "./unit-system.ts";

/** Everything that the runner service needs to know of its unit. Hooks write it, the service reads it. */
export interface ServiceSettings {
  /** Grows with each change: an older one is never applied after a newer one. */
  readonly revision: number;
  /** Why nothing new may be created, such as the faults of the options; undefined in normal operation. */
  readonly paused: string | undefined;
  readonly unit: UnitIdentity;
  readonly setup: Setup;
  readonly integrations: Integrations;
  /** Port on loopback for metrics; undefined for none, and in settings of earlier versions. */
  readonly metricsPort?: number | undefined;
  /** Dispatches `update-status`, so that the unit's status follows; undefined where nothing on the machine can. */
  readonly refreshCommand: readonly string[] | undefined;
  /** Dispatches `reconcile-runners`, which builds an image that is due; undefined where nothing on the machine can. */
  readonly reconcileCommand: readonly string[] | undefined;
}

/** Why the settings cannot be used. */
export type SettingsFault = "missing" | "unreadable" | "open to others" | "damaged" | "of another version";

/** The service keeps the settings that it has. */
export class ServiceSettingsError extends ConditionError {
  readonly code = "service-settings";
  readonly remedy = "retry";
  readonly fault: SettingsFault;

  constructor(path: string, fault: SettingsFault, detail: string, options?: ErrorOptions) {
    super(
      `Cannot use the settings of the runner service: ${path} ${detail}; the next hook writes it again`,
      options,
    );
    this.fault = fault;
  }
}

/** Grows with each change of the types above that an older service would misread. */
const SCHEMA = 3;
const MODE = 0o600;

/** Path of the settings of a unit's service. */
export function settingsPath(context: UnitOnMachine): string {
  return join(recordDirectory(context), "service.json");
}

/** Writes the settings: atomic, durable, for root alone. */
export async function writeSettings(path: string, settings: ServiceSettings): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, encodeSettings(settings), { mode: MODE });
}

/**
 * Writes settings with the next revision, unless the same ones are in force.
 *
 * @param now milliseconds since the Unix epoch: where the file was lost, its revisions go on from here.
 */
export async function publishSettings(
  path: string,
  settings: Omit<ServiceSettings, "revision">,
  now: number,
): Promise<void> {
  const before = await readOrUndefined(path);
  const next = (revision: number) => encodeSettings({ ...settings, revision });
  if (before && next(before.revision) === encodeSettings(before)) return;
  await writeSettings(path, { ...settings, revision: Math.max((before?.revision ?? 0) + 1, now) });
}

/**
 * Keeps the settings, and lets the service create nothing new until other ones are published.
 *
 * @param publish @default {@link publishSettings}
 * @throws {@link ServiceSettingsError} for settings that cannot be read: the service may still have earlier ones in mind.
 */
export async function pauseSettings(
  path: string,
  reason: string,
  now: number,
  publish = publishSettings,
): Promise<void> {
  try {
    await publish(path, { ...(await readSettings(path)), paused: reason }, now);
  } catch (thrown) {
    const isMissing = thrown instanceof ServiceSettingsError && thrown.fault === "missing";
    if (!isMissing) throw thrown;
  }
}

async function readOrUndefined(path: string): Promise<ServiceSettings | undefined> {
  return readSettings(path).catch((thrown: unknown) => {
    if (thrown instanceof ServiceSettingsError) return undefined;
    throw thrown;
  });
}

/**
 * Reads the settings.
 *
 * @throws {@link ServiceSettingsError}. Its message holds nothing of the content, which has secrets.
 */
export function readSettings(path: string): Promise<ServiceSettings> {
  return Promise.resolve().then(() => readNow(path));
}

function readNow(path: string): ServiceSettings {
  const { text, mode, owner } = readWithOwner(path);
  if ((mode & 0o077) !== 0 || owner !== process.getuid?.()) {
    throw new ServiceSettingsError(path, "open to others", "is not for root alone (chmod 600, chown root)");
  }
  return decodeSettings(path, text);
}

/** In one turn, as {@link readJSONFile} does. */
function readWithOwner(path: string) {
  try {
    const { mode, uid: owner } = lstatSync(path);
    return { text: readFileSync(path, "utf8"), mode, owner };
  } catch (thrown) {
    const isMissing = systemErrorCode(thrown) === "ENOENT";
    const detail = isMissing ? "does not exist" : `cannot be read (${messageOf(thrown)})`;
    throw new ServiceSettingsError(path, isMissing ? "missing" : "unreadable", detail, { cause: thrown });
  }
}

/** The text of the settings, with a digest of them: what fits the digest was written by this code. */
export function encodeSettings(settings: ServiceSettings): string {
  const body = JSON.stringify(settings, encodeValue);
  return `${JSON.stringify({ schema: SCHEMA, digest: digestOf(body) })}\n${body}\n`;
}

/** @throws {@link ServiceSettingsError} for a text that {@link encodeSettings} did not make. */
export function decodeSettings(path: string, text: string): ServiceSettings {
  const [head = "", body = ""] = text.split("\n");
  const { schema, digest } = parse(head) ?? {};
  if (typeof schema === "number" && schema !== SCHEMA) {
    throw new ServiceSettingsError(
      path,
      "of another version",
      `has format ${schema}, and this version reads ${SCHEMA}`,
    );
  }
  if (digest !== digestOf(body)) throw new ServiceSettingsError(path, "damaged", "is damaged");
  return JSON.parse(body, decodeValue) as ServiceSettings;
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

const SECRET = "$secret";
const INTEGER = "$integer";

/** JSON has neither. `toJSON` of a secret has hidden its value already: `this` has the original. */
function encodeValue(this: unknown, key: string, value: unknown): unknown {
  const original = isRecord(this) ? this[key] : value;
  if (original instanceof Secret) return { [SECRET]: original.reveal() };
  return typeof value === "bigint" ? { [INTEGER]: value.toString() } : value;
}

function decodeValue(_key: string, value: unknown): unknown {
  if (!isRecord(value) || Object.keys(value).length !== 1) return value;
  const { [SECRET]: secret, [INTEGER]: integer } = value;
  if (typeof secret === "string") return new Secret(secret);
  return typeof integer === "string" ? BigInt(integer) : value;
}
