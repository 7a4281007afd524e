import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from "yaml";
import { isRecord } from "charm-kit";
import type { JsonValue } from "../tools/hook-tools.ts";
import { acceptedInstead, listed } from "./accepted-instead.ts";
import type { MetadataProblem } from "./metadata-error.ts";

type Path = readonly (string | number)[];

/** State that all nodes of a file share. */
interface YamlFile {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: MetadataProblem[];
}

/** Words that are booleans in YAML 1.1, which Juju uses, but strings in YAML 1.2. */
const BOOLEAN_WORD = /^(?:y|yes|n|no|on|off)$/i;

/**
 * A value in a YAML file with its position. Readers report an invalid value and return a default instead, so that all
 * problems of a file are found together.
 */
export class YamlNode {
  readonly #file: YamlFile;
  readonly #path: Path;
  /** Undefined when the file has no value. */
  readonly value: JsonValue | undefined;

  private constructor(file: YamlFile, path: Path, value: JsonValue | undefined) {
    this.#file = file;
    this.#path = path;
    this.value = value;
  }

  /**
   * Reads a file's text.
   *
   * @param problems receives all problems, including those that readers find later.
   */
  static parse(name: string, text: string, problems: MetadataProblem[]): YamlNode {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, version: "1.2", prettyErrors: false });
    const file = { name, document, lines, problems };
    const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
    for (const { message, pos } of document.errors) {
      problems.push({ file: name, line: lineAt(pos[0]), text: `the YAML is malformed: ${message}` });
    }
    if (document.errors.length > 0) return new YamlNode(file, [], undefined);
    visit(document, {
      Scalar: (role, { type, source = "", range }) => {
        if (type !== "PLAIN" || !BOOLEAN_WORD.test(source)) return;
        const problem =
          role === "key"
            ? `Juju reads the name ${source} as a boolean; put it in quotes: "${source}"`
            : `Juju reads ${source} as a boolean; write true or false, or put it in quotes`;
        problems.push({ file: name, line: lineAt(range?.[0] ?? 0), text: problem });
      },
    });
    return new YamlNode(file, [], document.toJS() as JsonValue);
  }

  /** Whether the value is absent or `null`. */
  get isMissing(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** Reports a problem of this value. */
  report(text: string): void {
    const { name, problems } = this.#file;
    problems.push({ file: name, line: this.#line(), text });
  }

  /** The member with this name; a node without a value when it is absent. */
  member(name: string): YamlNode {
    const { value } = this;
    const found = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return new YamlNode(this.#file, [...this.#path, name], found);
  }

  /** All members of a map by name; empty when the value is absent. */
  members(): readonly (readonly [string, YamlNode])[] {
    if (this.isMissing) return [];
    if (isRecord(this.value)) return Object.keys(this.value).map((name) => [name, this.member(name)]);
    this.report(`${this.label} is not a map; write "<name>: <value>" lines`);
    return [];
  }

  /** All items of a list; empty when the value is absent. */
  items(): readonly YamlNode[] {
    if (this.isMissing) return [];
    if (Array.isArray(this.value)) {
      return (this.value as JsonValue[]).map(
        (item, index) => new YamlNode(this.#file, [...this.#path, index], item),
      );
    }
    this.report(`${this.label} is not a list; write "- <item>" lines`);
    return [];
  }

  /** An optional string. */
  text(): string | undefined {
    if (this.isMissing) return undefined;
    if (typeof this.value === "string") return this.value;
    this.report(`${this.label} is not a string; put it in quotes`);
    return undefined;
  }

  /** A required string. */
  requiredText(): string {
    if (this.isMissing) this.report(`${this.label} is missing; add it`);
    const text = this.text() ?? "";
    if (text === "" && typeof this.value === "string") this.report(`${this.label} is empty; add a value`);
    return text;
  }

  /** One of several words. @param fallback value when it is absent; without it, the value is required. */
  choice<T extends string>(choices: readonly T[], fallback?: T): T {
    const found = choices.find((choice) => choice === this.value);
    if (found !== undefined) return found;
    const [first] = choices;
    if (first === undefined) throw new RangeError("Cannot read a choice: there are no choices");
    if (this.isMissing && fallback !== undefined) return fallback;
    const state = this.isMissing ? "is missing" : `is ${JSON.stringify(this.value)}`;
    this.report(`${this.label} ${state}; use ${listed(choices)}`);
    return fallback ?? first;
  }

  boolean(fallback: boolean): boolean {
    return this.optionalBoolean() ?? fallback;
  }

  optionalBoolean(): boolean | undefined {
    if (typeof this.value === "boolean") return this.value;
    if (this.isMissing) return undefined;
    this.report(`${this.label} is ${JSON.stringify(this.value)}; use true or false`);
    return undefined;
  }

  /** Reports each member with another name. */
  allowOnly(names: readonly string[]): void {
    for (const [name, member] of this.members()) {
      if (!names.includes(name)) {
        member.report(`${member.label} is not known; ${acceptedInstead(name, names)}`);
      }
    }
  }

  /** Path of the value in the file, such as `options.path.type`. */
  get label(): string {
    return this.#path.length === 0 ? "the file" : this.#path.join(".");
  }

  /** Line of the key, the item or, when it is absent, its parent. */
  #line(): number {
    const { document, lines } = this.#file;
    for (let length = this.#path.length; length > 0; length -= 1) {
      const parent: unknown = document.getIn(this.#path.slice(0, length - 1), true);
      const step = this.#path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === step)
        : undefined;
      const found: unknown = isPair(pair) ? pair.key : document.getIn(this.#path.slice(0, length), true);
      if (isNode(found) && found.range) return lines.linePos(found.range[0]).line;
    }
    return 1;
  }
}
