/** A time in a message, such as `2026-01-02 03:04 UTC`. @param at milliseconds since the Unix epoch */
export function utcMinute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
