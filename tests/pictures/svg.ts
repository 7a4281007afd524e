/** Text as it stands in an SVG: no character of it is markup, and none that XML does not allow is left. */
export function escapeText(text: string): string {
  return text
    .replaceAll(/[^\t\n\P{C}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A number of an SVG's coordinates: a tenth of a pixel is enough. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}
