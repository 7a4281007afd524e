/** The log levels of `juju-log`, in ascending order. */
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** The variable values of a log line. The message itself is constant. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Logs messages at four levels. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Receives complete lines, without secrets. */
export type LogSink = (level: LogLevel, line: string) => void;

/** Renders a message and its fields as `Message key=value key="two words"`. */
export function renderLine(message: string, fields: LogFields = {}): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${renderValue(value)}`);
  return [message, ...pairs].join(" ");
}

function renderValue(value: string | number | boolean | undefined): string {
  const text = String(value);
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Creates a logger. `scrub` removes secrets from each line before the sink receives it. */
export function createLogger(sink: LogSink, scrub: (text: string) => string): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    sink(level, scrub(renderLine(message, fields)));
  };
  return { debug: at("DEBUG"), info: at("INFO"), warning: at("WARNING"), error: at("ERROR") };
}

/** A logger without output. */
export const silentLogger: Logger = createLogger(
  () => undefined,
  (text) => text,
);
