import { messageOf } from "charm-kit";

/** Runs the body of a script: what it throws is printed without a stack, and ends the process with 1. */
export async function runScript(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (thrown) {
    console.error(messageOf(thrown));
    process.exitCode = 1;
  }
}
