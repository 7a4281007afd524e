import { isRecord } from "charm-kit";

/** How something is doing. */
export type Tone = "good" | "busy" | "attention" | "problem";

/** One of many things of a kind. Times are milliseconds since the Unix epoch. */
export interface LiveCell {
  readonly name: string;
  readonly state: string;
  readonly tone: Tone;
  readonly since?: number;
}

/** A value, and the time that it is about. */
export interface LiveFact {
  readonly name: string;
  readonly value: string;
  readonly at?: number;
}

/** A value of a plot. */
export interface LivePoint {
  readonly at: number;
  readonly value: number;
}

/** A text, its time, and when it is tried again. */
export interface LiveNote {
  readonly text: string;
  readonly tone: Tone;
  readonly at?: number;
  readonly nextAt?: number;
}

/** A part of a live view; `empty` is shown where there is nothing else. */
export type LiveSection =
  | {
      readonly kind: "grid";
      readonly title: string;
      readonly empty: string;
      readonly cells: readonly LiveCell[];
    }
  | { readonly kind: "facts"; readonly title: string; readonly facts: readonly LiveFact[] }
  | {
      readonly kind: "plot";
      readonly title: string;
      readonly empty: string;
      readonly points: readonly LivePoint[];
    }
  | {
      readonly kind: "notes";
      readonly title: string;
      readonly empty: string;
      readonly notes: readonly LiveNote[];
    };

/** What a charm's program tells of its unit. */
export interface LiveView {
  readonly at: number;
  readonly unit: string;
  readonly summary: string;
  readonly tone: Tone;
  readonly sections: readonly LiveSection[];
}

const FORMAT = 1;
const TONES: readonly unknown[] = ["good", "busy", "attention", "problem"];
const MOST = { sections: 20, parts: 1000, characters: 500 } as const;

/** Reads a view that a charm's program has sent. Leaves out what it does not know; texts become plain and short. */
export function parseLiveView(value: unknown): LiveView | undefined {
  if (!isRecord(value) || value["format"] !== FORMAT) return undefined;
  return {
    at: numberOf(value["at"]) ?? 0,
    unit: textOf(value["unit"]),
    summary: textOf(value["summary"]),
    tone: toneOf(value["tone"]),
    sections: listOf(value["sections"], MOST.sections)
      .map(sectionOf)
      .filter((section) => section !== undefined),
  };
}

function sectionOf(value: Readonly<Record<string, unknown>>): LiveSection | undefined {
  const { kind } = value;
  const [title, empty] = [textOf(value["title"]), textOf(value["empty"])];
  switch (kind) {
    case "grid":
      return { kind, title, empty, cells: listOf(value["cells"], MOST.parts).map(cellOf) };
    case "facts":
      return { kind, title, facts: listOf(value["facts"], MOST.parts).map(factOf) };
    case "notes":
      return { kind, title, empty, notes: listOf(value["notes"], MOST.parts).map(noteOf) };
    case "plot": {
      const points = listOf(value["points"], MOST.parts).map(({ at, value: size }) => {
        return { at: numberOf(at) ?? 0, value: numberOf(size) ?? 0 };
      });
      return { kind, title, empty, points };
    }
    default:
      return undefined;
  }
}

function cellOf(value: Readonly<Record<string, unknown>>): LiveCell {
  const since = numberOf(value["since"]);
  const { name, state, tone } = value;
  return {
    name: textOf(name),
    state: textOf(state),
    tone: toneOf(tone),
    ...(since === undefined ? {} : { since }),
  };
}

function factOf({ name, value, at: told }: Readonly<Record<string, unknown>>): LiveFact {
  const at = numberOf(told);
  return { name: textOf(name), value: textOf(value), ...(at === undefined ? {} : { at }) };
}

function noteOf(value: Readonly<Record<string, unknown>>): LiveNote {
  const [at, nextAt] = [numberOf(value["at"]), numberOf(value["nextAt"])];
  return {
    text: textOf(value["text"]),
    tone: toneOf(value["tone"]),
    ...(at === undefined ? {} : { at }),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}

function listOf(value: unknown, most: number): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.slice(0, most).filter(isRecord) : [];
}

/** Without control characters, which could move a terminal's cursor or hide text. */
function textOf(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "";
  return String(value)
    .slice(0, MOST.characters)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

function toneOf(value: unknown): Tone {
  return TONES.includes(value) ? (value as Tone) : "attention";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
