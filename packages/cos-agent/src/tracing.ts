import { isRecord } from "charm-kit";

/** Protocols of traces that the agent can receive. */
export type TracingProtocol = "otlp_grpc" | "otlp_http" | "zipkin" | "jaeger_thrift_http" | "jaeger_grpc";

/** The agent's address for a protocol, in the text of its `receivers`; undefined when it has none yet. */
export function endpointOf(receivers: string | undefined, protocol: TracingProtocol): string | undefined {
  let entries: unknown;
  try {
    entries = JSON.parse(receivers ?? "[]");
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries)) return undefined;
  const urls = entries.flatMap((entry: unknown) => {
    if (!isRecord(entry) || !isRecord(entry["protocol"]) || entry["protocol"]["name"] !== protocol) return [];
    return typeof entry["url"] === "string" && entry["url"] !== "" ? [entry["url"]] : [];
  });
  return urls[0];
}
