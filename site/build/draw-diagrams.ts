import { renderMermaidSVG } from "beautiful-mermaid";
import type { MarkdownRenderer } from "vitepress";

/** Draws ```mermaid blocks as SVG while the site is built, in the colours of the reader's theme. */
export function drawDiagrams(markdown: MarkdownRenderer): void {
  const drawCode = markdown.renderer.rules.fence;
  if (drawCode === undefined)
    throw new Error("Cannot draw diagrams: the renderer has no rule for code blocks");
  markdown.renderer.rules.fence = (...parameters) => {
    const [tokens, index] = parameters;
    const { info, content } = tokens[index] ?? { info: "", content: "" };
    if (info.trim() !== "mermaid") return drawCode(...parameters);
    const heading = tokens.slice(0, index).findLastIndex(({ type }) => type === "heading_open");
    const title = tokens[heading + 1]?.content ?? "";
    const { escapeHtml } = markdown.utils;
    // As a text that Vue does not look into: it loses the last nodes of an SVG that stands among static ones.
    const text = escapeHtml(JSON.stringify(draw(content)));
    return `<figure class="diagram" tabindex="0" role="img" aria-label="Diagram: ${escapeHtml(title)}" v-html="${text}"></figure>\n`;
  };
}

function draw(source: string): string {
  const svg = renderMermaidSVG(source, {
    bg: "var(--vp-c-bg)",
    fg: "var(--vp-c-text-1)",
    // Labels and lines of the renderer's own colours are too pale to read.
    muted: "var(--vp-c-text-1)",
    line: "var(--vp-c-text-2)",
    transparent: true,
    font: "inherit",
  });
  // Readers load no font from another site.
  return svg
    .replaceAll(/<!--.*?-->/gs, "")
    .replaceAll(/>\s+</g, "><")
    .replaceAll(/@import url\([^)]*\);?/g, "")
    .replace("<svg ", '<svg aria-hidden="true" ');
}
