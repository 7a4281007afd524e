import { expect } from "chai";
import { rejection } from "../../../tests/support/rejection.ts";
import { ScaleSetRefusedError } from "../src/index.ts";

/** The refusal that a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<ScaleSetRefusedError> {
  const thrown = await rejection(call);
  expect(thrown).to.be.instanceOf(ScaleSetRefusedError);
  if (thrown instanceof ScaleSetRefusedError) return thrown;
  throw thrown;
}
