import fc from "fast-check";

/** The same values each time, so that a change alone makes a test of properties fail. Others, for a night: `PROPERTIES=any`. */
const SEED = 2026;

const { PROPERTIES: wanted } = process.env;
if (wanted !== "any") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
