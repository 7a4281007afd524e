import { isRecord } from "charm-kit";

/** What a provider says of itself, such as that it is full. */
export interface ProviderStatus {
  /** 1xxx informs, 4xxx passes by itself, 5xxx needs the relation to be removed. */
  readonly code: number;
  readonly message: string;
  /** What to do about it. */
  readonly resolution: string;
}

/** Reads the statuses in a provider's data; those that cannot be read are left out. */
export function readStatuses(text: string | undefined): readonly ProviderStatus[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown): readonly ProviderStatus[] => {
    if (!isRecord(entry) || typeof entry["code"] !== "number") return [];
    const { code, message, resolution } = entry;
    return [{ code, message: plain(message), resolution: plain(resolution) }];
  });
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : "";
}
