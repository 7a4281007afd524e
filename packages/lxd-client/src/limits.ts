/** How long things may take, in milliseconds, and how much LXD may send, in bytes. */
export interface Limits {
  /** One request and its answer, and the handshake of a WebSocket. @default one minute */
  readonly callMs: number;
  /**
   * How long calls wait for a daemon that is being restarted: it accepts no connections, or says that it starts or shuts
   * down. Calls that follow each other wait for that long in all, not each. A socket whose directory does not exist fails
   * at once.
   * @default 0
   */
  readonly reachMs: number;
  /** A request that carries a file or an image, up to its answer. @default 15 minutes */
  readonly transferMs: number;
  /** A mutation with the operation that it begins. @default 10 minutes */
  readonly operationMs: number;
  /** A body without a byte, after which it counts as stalled. @default one minute */
  readonly stalledMs: number;
  /**
   * One JSON answer. It is what travels and what is parsed: no compression is requested, and a compressed answer is
   * refused. @default 64 MiB, which is about 30 000 instances
   */
  readonly answerBytes: number;
  /** One message of a WebSocket. @default 64 MiB */
  readonly messageBytes: number;
  /** Events that wait for their reader. @default 16 MiB */
  readonly backlogBytes: number;
}

const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** The limits of a client that sets none. */
export const DEFAULT_LIMITS: Limits = {
  callMs: MINUTE,
  reachMs: 0,
  transferMs: 15 * MINUTE,
  operationMs: 10 * MINUTE,
  stalledMs: MINUTE,
  answerBytes: 64 * MIB,
  messageBytes: 64 * MIB,
  backlogBytes: 16 * MIB,
};
