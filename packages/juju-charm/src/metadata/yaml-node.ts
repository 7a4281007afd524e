import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from "yaml";
import { isRecord } from "charm-kit";
import type { JsonValue } from "../tools/hook-tools.ts";
import { acceptedInstead, listed } from "./accepted-instead.ts";
import type { MetadataFault } from "./metadata-error.ts";

type Path = readonly (string | number)[];

/** What all nodes of a file share. */
interface YamlFile {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly faults: MetadataFault[];
}

/** Words that YAML 1.1, and so Juju, takes for booleans, and YAML 1.2 for text. */
const BOOLEAN_WORD = /^(?:y|yes|n|no|on|off)$/i;

/**
 * A value in a YAML file that knows its place. Readers return a stand-in for what is wrong and note the fault, so that all
 * faults of a file are found at once.
 */
export class YamlNode {
  readonly #file: YamlFile;
  readonly #path: Path;
  /** Undefined where the file has nothing. */
  readonly value: JsonValue | undefined;

  private constructor(file: YamlFile, path: Path, value: JsonValue | undefined) {
    this.#file = file;
    this.#path = path;
    this.value = value;
  }

  /**
   * Reads a file's text.
   *
   * @param faults takes what is wrong, also what readers find later.
   */
  static parse(name: string, text: string, faults: MetadataFault[]): YamlNode {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, version: "1.2", prettyErrors: false });
    const file = { name, document, lines, faults };
    const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
    for (const { message, pos } of document.errors) {
      faults.push({ file: name, line: lineAt(pos[0]), text: `the YAML is malformed: ${message}` });
    }
    if (document.errors.length > 0) return new YamlNode(file, [], undefined);
    visit(document, {
      Scalar: (_key, { type, source = "", range }) => {
        if (type !== "PLAIN" || !BOOLEAN_WORD.test(source)) return;
        const fault = `Juju takes ${source} for a boolean; write true or false, or put it in quotes`;
        faults.push({ file: name, line: lineAt(range?.[0] ?? 0), text: fault });
      },
    });
    return new YamlNode(file, [], document.toJS() as JsonValue);
  }

  /** Tells whether the file says nothing here, or `null`. */
  get isMissing(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** Notes that this value is wrong. */
  fault(text: string): void {
    const { name, faults } = this.#file;
    faults.push({ file: name, line: this.#line(), text });
  }

  /** The member of this name; a node without a value when there is none. */
  member(name: string): YamlNode {
    const { value } = this;
    const found = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return new YamlNode(this.#file, [...this.#path, name], found);
  }

  /** All members of a map by name; none where there is nothing. */
  members(): readonly (readonly [string, YamlNode])[] {
    if (this.isMissing) return [];
    if (isRecord(this.value)) return Object.keys(this.value).map((name) => [name, this.member(name)]);
    this.fault(`${this.label} is no map; write "<name>: <value>" lines`);
    return [];
  }

  /** All items of a list; none where there is nothing. */
  items(): readonly YamlNode[] {
    if (this.isMissing) return [];
    if (Array.isArray(this.value)) {
      return (this.value as JsonValue[]).map(
        (item, index) => new YamlNode(this.#file, [...this.#path, index], item),
      );
    }
    this.fault(`${this.label} is no list; write "- <item>" lines`);
    return [];
  }

  /** A text that may be missing. */
  text(): string | undefined {
    if (this.isMissing) return undefined;
    if (typeof this.value === "string") return this.value;
    this.fault(`${this.label} is no text; put it in quotes`);
    return undefined;
  }

  /** A text that must be there. */
  requiredText(): string {
    if (this.isMissing) this.fault(`${this.label} is missing; add it`);
    const text = this.text() ?? "";
    if (text === "" && typeof this.value === "string") this.fault(`${this.label} is empty; fill it in`);
    return text;
  }

  /** One of a few words. @param fallback for where there is nothing; without it, something must be there. */
  choice<T extends string>(choices: readonly T[], fallback?: T): T {
    const found = choices.find((choice) => choice === this.value);
    if (found !== undefined) return found;
    const [first] = choices;
    if (first === undefined) throw new RangeError("Cannot read a choice: there are no words to choose from");
    if (this.isMissing && fallback !== undefined) return fallback;
    const state = this.isMissing ? "is missing" : `is ${JSON.stringify(this.value)}`;
    this.fault(`${this.label} ${state}; use ${listed(choices)}`);
    return fallback ?? first;
  }

  boolean(fallback: boolean): boolean {
    return this.optionalBoolean() ?? fallback;
  }

  optionalBoolean(): boolean | undefined {
    if (typeof this.value === "boolean") return this.value;
    if (this.isMissing) return undefined;
    this.fault(`${this.label} is ${JSON.stringify(this.value)}; use true or false`);
    return undefined;
  }

  /** Notes a fault for each member that is not among these. */
  allowOnly(names: readonly string[]): void {
    for (const [name, member] of this.members()) {
      if (!names.includes(name)) {
        member.fault(`${member.label} is not known; ${acceptedInstead(name, names)}`);
      }
    }
  }

  /** Where this is in the file, as in `options.path.type`. */
  get label(): string {
    return this.#path.length === 0 ? "the file" : this.#path.join(".");
  }

  /** Line of the key, else of the item, else of what it would be in. */
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
