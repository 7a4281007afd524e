import type { StorageMetadata } from "./metadata.ts";
import { checkName } from "./names.ts";
import type { YamlNode } from "./yaml-node.ts";

const KEYS = [
  "type",
  "description",
  "shared",
  "read-only",
  "multiple",
  "minimum-size",
  "location",
  "properties",
];
const RANGE = /^(\d+)(?:[+-]|-(\d+))?$/;
const SIZE = /^\d+(?:\.\d+)?[MGTPEZY](?:i?B)?$/;
/** Juju's directory for storages. */
const JUJU_STORAGE = "/var/lib/juju/storage";

/** Reads the storages of a charm. */
export function readStorages(storages: YamlNode): Readonly<Record<string, StorageMetadata>> {
  return Object.fromEntries(
    storages.members().map(([name, storage]) => {
      checkName(storage, name, "storage");
      return [name, readStorage(storage)];
    }),
  );
}

function readStorage(storage: YamlNode): StorageMetadata {
  storage.allowOnly(KEYS);
  const type = storage.member("type").choice(["filesystem", "block"]);
  storage.member("shared").boolean(false);
  checkSize(storage.member("minimum-size"));
  for (const property of storage.member("properties").items()) property.choice(["transient"]);
  return {
    type,
    description: storage.member("description").text() ?? "",
    readOnly: storage.member("read-only").boolean(false),
    location: readLocation(storage.member("location"), type),
    multiple: readMultiple(storage.member("multiple")),
  };
}

function checkSize(size: YamlNode): void {
  if (size.isMissing || (typeof size.value === "string" && SIZE.test(size.value))) return;
  size.report(`${size.label} is ${JSON.stringify(size.value)}; use a number and a unit, such as 10G`);
}

function readLocation(node: YamlNode, type: StorageMetadata["type"]): string | undefined {
  const location = node.text();
  if (location === undefined) return undefined;
  if (type === "block") node.report("a block device has no location; remove it or use the type filesystem");
  if (!location.startsWith("/")) node.report(`the location ${location} is relative; use an absolute path`);
  if (`${location}/`.startsWith(`${JUJU_STORAGE}/`)) {
    node.report(`the location ${location} is in Juju's directory ${JUJU_STORAGE}; use another`);
  }
  return location;
}

function readMultiple(multiple: YamlNode): StorageMetadata["multiple"] {
  if (multiple.isMissing) return undefined;
  multiple.allowOnly(["range"]);
  const range = multiple.member("range");
  const text = typeof range.value === "number" ? String(range.value) : (range.text() ?? "");
  const match = RANGE.exec(text);
  const minimum = Number(match?.[1]);
  const maximum = match?.[2] === undefined ? (/\d$/.test(text) ? minimum : undefined) : Number(match[2]);
  if (match && (maximum === undefined || (maximum >= minimum && maximum > 0))) return { minimum, maximum };
  range.report(`${range.label} is ${JSON.stringify(range.value)}; use "m", "m-n" or "m+"`);
  return { minimum: 0, maximum: undefined };
}
