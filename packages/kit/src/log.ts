/** Levels as `juju-log` names them, least important first. */
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** Facts of a log line. The message is constant; what varies is here. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Takes messages by how important they are. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Where finished lines go, already scrubbed. */
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

/** Makes a logger whose lines pass through `scrub` before they reach the sink. */
export function createLogger(sink: LogSink, scrub: (text: string) => string): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    sink(level, scrub(renderLine(message, fields)));
  };
  return { debug: at("DEBUG"), info: at("INFO"), warning: at("WARNING"), error: at("ERROR") };
}

/** A logger that drops everything. */
export const silentLogger: Logger = createLogger(
  () => undefined,
  (text) => text,
);
