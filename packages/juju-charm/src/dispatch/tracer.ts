/** Part of a dispatch that a span covers. */
export type SpanKind = "dispatch" | "handler" | "tool";

/** A span that begins. */
export interface SpanStart {
  readonly kind: SpanKind;
  /** Such as `config-changed`, `HelloCharm.onInstall` or `openPort`. */
  readonly name: string;
  /** Facts such as `juju.unit`. Never arguments or values, which may be secret. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Receives the spans of a dispatch, for tracing: the dispatch, its handlers, and their calls of hook tools. Spans of calls
 * may overlap.
 */
export interface Tracer {
  /**
   * Runs the work of a span, and settles like it. The span ends with an error when the work rejects. Spans that begin
   * within the work are its children: a tracer finds them with an AsyncLocalStorage, as OpenTelemetry does.
   */
  span<Result>(start: SpanStart, work: () => Promise<Result>): Promise<Result>;
  /**
   * Delivers all spans before the process ends. An error is logged and does not fail the dispatch.
   *
   * @param signal aborted at the time limit of 5 seconds.
   */
  close?(signal: AbortSignal): Promise<void>;
}

/** A tracer that records nothing. */
export const NO_TRACER: Tracer = { span: (_start, work) => work() };
