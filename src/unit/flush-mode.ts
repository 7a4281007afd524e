const FLUSH_MODES = ["idle", "busy", "force"] as const;

/** Which runners a flush removes. */
export type FlushMode = (typeof FLUSH_MODES)[number];

/** Whether a text from outside is a mode. No mode may stand for an unknown one, since some end jobs. */
export function isFlushMode(text: string): text is FlushMode {
  return FLUSH_MODES.some((mode) => mode === text);
}
