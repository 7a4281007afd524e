import type { MarkdownRenderer } from "vitepress";

/** Shows code that is indented, without a fence, like code in one: in a frame that scrolls, also by keys. */
export function frameCode(markdown: MarkdownRenderer): void {
  const { fence } = markdown.renderer.rules;
  if (fence === undefined) throw new Error("Cannot frame code: the renderer has no rule for code blocks");
  markdown.renderer.rules.code_block = (...parameters) => {
    const [tokens, index] = parameters;
    const token = tokens[index];
    if (token) token.info = "text";
    return fence(...parameters);
  };
}
