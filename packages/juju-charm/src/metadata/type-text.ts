/** A member of an object type. */
export interface Member {
  readonly name: string;
  readonly type: string;
  /** @default none */
  readonly description?: string;
  /** @default false */
  readonly optional?: boolean;
}

/** The text of an object type with read-only members, or of an empty object type. */
export function objectType(members: readonly Member[]): string {
  if (members.length === 0) return "Readonly<Record<never, never>>";
  const lines = members.map(({ name, type, description = "", optional = false }) =>
    documented(description, `readonly ${propertyKey(name)}${optional ? "?" : ""}: ${type};`),
  );
  return `{\n${lines.join("\n")}\n}`;
}

/** A declaration with a doc comment. */
export function documented(description: string, declaration: string): string {
  const lines = description.trim().replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1) return lines[0] ? `/** ${lines[0]} */\n${declaration}` : declaration;
  return ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */", declaration].join("\n");
}

/** A name as the key of a property. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

/** Indents object types in the text of a module. Comments keep their lines. */
export function indented(text: string): string {
  let depth = 0;
  const lines = text.split("\n").map((line) => {
    const isComment = /^(?:\/\*\*| \*)/.test(line);
    if (!isComment && line.startsWith("}")) depth -= 1;
    const shown = line === "" ? "" : `${"  ".repeat(depth)}${line}`;
    if (!isComment && line.endsWith("{")) depth += 1;
    return shown;
  });
  return lines.join("\n");
}
