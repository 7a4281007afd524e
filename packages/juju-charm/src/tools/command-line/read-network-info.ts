import { isStringList } from "../json.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { NetworkInfo, NetworkInterface } from "../network-tools.ts";
import { unexpectedAnswer } from "./tool-caller.ts";

/**
 * Parses the output of `network-get`, in which Juju omits empty values.
 *
 * @throws {@link HookToolError} when it is invalid.
 */
export function readNetworkInfo(answer: JsonObject): NetworkInfo {
  return {
    bindAddresses: readObjects(answer["bind-addresses"]).map(readInterface),
    ingressAddresses: readTexts(answer["ingress-addresses"]),
    egressSubnets: readTexts(answer["egress-subnets"]),
  };
}

function readInterface(found: JsonObject): NetworkInterface {
  return {
    name: readText(found["interface-name"]),
    macAddress: readText(found["mac-address"]),
    addresses: readObjects(found["addresses"]).map((address) => ({
      hostname: readText(address["hostname"]),
      value: readText(address["value"]),
      cidr: readText(address["cidr"]),
    })),
  };
}

function readObjects(value: JsonValue | undefined): readonly JsonObject[] {
  const list = value ?? [];
  if (!Array.isArray(list) || !list.every(isRecord)) throw unexpected();
  return list as readonly JsonObject[];
}

function readTexts(value: JsonValue | undefined): readonly string[] {
  const list = value ?? [];
  if (!isStringList(list)) throw unexpected();
  return list;
}

function readText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function unexpected(): Error {
  return unexpectedAnswer("network-get", "a network's addresses");
}
