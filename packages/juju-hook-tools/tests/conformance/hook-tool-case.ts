/** A version of Juju whose hook tools were observed: 3.6.28 and 4.0.15. */
export type ObservedJuju = "3.6" | "4.0";

/** Output of a call. Absent texts are empty, an absent code is 0. */
export interface ExpectedAnswer {
  readonly stdout?: string;
  /** The whole of stderr, or a pattern where versions of go-yaml and the like word it differently. */
  readonly stderr?: string | RegExp;
  readonly code?: 1 | 2;
}

/** One call of a hook tool: its name and arguments, its standard input, and the answer. */
export interface ToolCallCase {
  /**
   * Name and arguments. `{granted}` and `{denied}` stand for IDs of user secrets: the content of the first is
   * `token: hunter2`, and the application may read only it. `{owned}` is the ID of the unit's own secret: its content is
   * `token: old`, which the unit has not read, and its label is `mine`. They stand in outputs too.
   */
  readonly call: readonly [tool: string, ...args: string[]];
  readonly input?: string;
  /** The answer of all versions, or of each. */
  readonly answer: ExpectedAnswer | Readonly<Record<ObservedJuju, ExpectedAnswer>>;
}

/** What a case needs beyond a machine unit `tiny/0` that leads its application. */
export type CaseNeed =
  /** A relation 7 of the endpoint `db` to the unit `pg/0`, whose data is `name: amy`, and the peer relation 8. */
  | "relation"
  /** Secrets that charms own. */
  | "own-secret"
  /** The filesystem storage `data/0` at `/srv/data`. */
  | "storage";

/** Calls within one context, in order. Cases do not depend on each other. */
export interface HookToolCase {
  readonly name: string;
  /** @default "exec" */
  readonly context?: "exec" | "action";
  /** Whether the unit leads its application. @default true */
  readonly leader?: boolean;
  /** @default none */
  readonly needs?: readonly CaseNeed[];
  readonly calls: readonly ToolCallCase[];
  /** Message of the action when a call makes it fail. @default it does not fail */
  readonly actionFailure?: string;
  /** Text with which the controller refuses the buffered changes at the end. @default it accepts them */
  readonly refusedFlush?: string;
}

/** The answer of a version. */
export function answerOf(
  { answer }: ToolCallCase,
  juju: ObservedJuju,
): Required<ExpectedAnswer> | AnsweredWell {
  const given = "3.6" in answer ? answer[juju] : answer;
  return { stdout: "", stderr: "", code: 0, ...given };
}

/** An answer with the exit code 0. */
export interface AnsweredWell extends Omit<Required<ExpectedAnswer>, "code"> {
  readonly code: 0;
}
