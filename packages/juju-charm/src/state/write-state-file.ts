/** A module of its own, so that a dispatch that stores nothing does not load `node:fs/promises`: that costs 1 ms. */
export { writeFileAtomically } from "charm-kit";
