import { isRecord } from "charm-kit";

/** Reads the fields of an answer; a field of another type counts as missing. */
export interface Fields {
  text(name: string): string | undefined;
  /** A finite number. */
  number(name: string): number | undefined;
  record(name: string): Fields | undefined;
  list(name: string): readonly unknown[];
  /** A moment; Go's and .NET's zero is none. */
  moment(name: string): Date | undefined;
  flag(name: string): boolean | undefined;
}

/** @returns undefined for a value that is no object. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (!isRecord(value)) return undefined;
  const text = (name: string) => {
    const field = value[name];
    return typeof field === "string" ? field : undefined;
  };
  return {
    text,
    number: (name) => {
      const field = value[name];
      return typeof field === "number" && Number.isFinite(field) ? field : undefined;
    },
    record: (name) => fieldsOf(value[name]),
    list: (name) => {
      const field = value[name];
      return Array.isArray(field) ? (field as readonly unknown[]) : [];
    },
    moment: (name) => momentOf(text(name)),
    flag: (name) => {
      const field = value[name];
      return typeof field === "boolean" ? field : undefined;
    },
  };
}

function momentOf(text: string | undefined): Date | undefined {
  if (text === undefined || text.startsWith("0001-")) return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
