import { isRecord } from "charm-kit";
import type { StateSlot } from "../src/index.ts";

/** A state that reveals partial writes: the filler repeats the number. */
export const generations: StateSlot<{ readonly number: number; readonly filler: string }> = {
  name: "generation",
  parse: (stored) => {
    if (stored === undefined) return { number: 0, filler: "" };
    if (!isRecord(stored)) throw new Error("not an object");
    const { number, filler } = stored;
    if (typeof number !== "number" || typeof filler !== "string") throw new Error("torn");
    return { number, filler };
  },
};
