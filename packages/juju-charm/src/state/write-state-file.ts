/** A separate module, so that a dispatch without writes does not load `node:fs/promises`, which takes 1 ms. */
export { writeFileAtomically } from "charm-kit";
