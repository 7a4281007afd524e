import { expect } from "chai";
import { answerOf, type HookToolCase, type ObservedJuju } from "./hook-tool-case.ts";
import { withIds, type PrintedAnswer } from "./replay-script.ts";

/** Asserts that a version of Juju answers like this. */
export function assertAnswers(
  { calls }: HookToolCase,
  juju: ObservedJuju,
  printed: readonly PrintedAnswer[],
  ids: Readonly<Record<string, string>>,
): void {
  const rows = calls.map((call, index) => {
    const { stderr, stdout, code } = answerOf(call, juju);
    const answer = printed[index];
    const fits = stderr instanceof RegExp && stderr.test(answer?.stderr ?? "");
    return { call: call.call, code, stdout: withIds(stdout, ids), stderr: fits ? answer?.stderr : stderr };
  });
  expect(printed.map((answer, index) => ({ call: calls[index]?.call, ...answer }))).to.deep.equal(rows);
}
