import { isRecord, Secret } from "charm-kit";
import type { CloudCredential, CloudSpec } from "../cloud-spec.ts";
import { isStringList } from "../json.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import { unexpectedAnswer } from "./tool-caller.ts";

/**
 * Parses the output of `credential-get`.
 *
 * @throws {@link HookToolError} when it is invalid.
 */
export function readCloudSpec(answer: JsonObject): CloudSpec {
  const { type, name } = answer;
  if (typeof type !== "string" || typeof name !== "string") throw unexpected();
  return {
    type,
    name,
    region: readText(answer["region"]),
    endpoint: readText(answer["endpoint"]),
    identityEndpoint: readText(answer["identity-endpoint"]),
    storageEndpoint: readText(answer["storage-endpoint"]),
    credential: readCredential(answer["credential"]),
    caCertificates: readTexts(answer["cacertificates"]),
    skipTLSVerify: answer["skip-tls-verify"] === true,
    isControllerCloud: answer["is-controller-cloud"] === true,
  };
}

function readCredential(value: JsonValue | undefined): CloudCredential | undefined {
  if (!isRecord(value)) return undefined;
  const authType = value["auth-type"];
  const attributes = value["attrs"] ?? {};
  if (typeof authType !== "string" || !isRecord(attributes)) throw unexpected();
  const secrets = Object.entries(attributes).map(([key, text]) => {
    if (typeof text !== "string") throw unexpected();
    return [key, new Secret(text)] as const;
  });
  return { authType, attributes: Object.fromEntries(secrets), redacted: readTexts(value["redacted"]) };
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readTexts(value: JsonValue | undefined): readonly string[] {
  const list = value ?? [];
  if (!isStringList(list)) throw unexpected();
  return list;
}

function unexpected(): Error {
  return unexpectedAnswer("credential-get", "a cloud and its credential");
}
