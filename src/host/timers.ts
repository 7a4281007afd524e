import type { Schedule, Timer } from "../unit/ports.ts";

/** The unit whose events timers dispatch. */
export interface TimedUnit {
  /** Such as `runners/0`. */
  readonly name: string;
  /** The name in names of files, such as `runners-0`. */
  readonly slug: string;
}

/** A file for systemd. */
export interface UnitFile {
  readonly name: string;
  readonly content: string;
}

/** The service that dispatches an event, and the timer that starts it. */
export interface RenderedTimer {
  readonly service: UnitFile;
  readonly timer: UnitFile;
}

/** Hours are enough for the building of an image behind a slow mirror; a call that hangs longer must not hold the timer for ever. */
const LONGEST_CALL = "3h";

/** What the names of all of a unit's files for systemd begin with. No other unit's do: no slug has a dot. */
export function timerPrefix(slug: string): string {
  return `ghro.${slug}.`;
}

/**
 * Renders a timer for systemd. Pure.
 *
 * The service is a oneshot, which systemd never runs twice at a time, and a timer counts from the end of the last run.
 *
 * @param command absolute path and arguments of what dispatches the event.
 */
export function renderTimer(
  unit: TimedUnit,
  { event, schedule }: Timer,
  command: readonly string[],
): RenderedTimer {
  const name = `${timerPrefix(unit.slug)}${event}`;
  const description = `Dispatch ${event} on ${unit.name}`;
  return {
    service: {
      name: `${name}.service`,
      content: `[Unit]
Description=${description}

[Service]
Type=oneshot
ExecStart=${command.map(quote).join(" ")}
TimeoutStartSec=${LONGEST_CALL}
`,
    },
    timer: {
      name: `${name}.timer`,
      content: `[Unit]
Description=${description} by the clock

[Timer]
${renderSchedule(schedule).join("\n")}
AccuracySec=1s

[Install]
WantedBy=timers.target
`,
    },
  };
}

function renderSchedule(schedule: Schedule): readonly string[] {
  if ("calendar" in schedule) return [`OnCalendar=${schedule.calendar}`];
  const { everySeconds, delaySeconds } = schedule;
  // The first counts from the start of the timer: without it, nothing would fire after a boot.
  return [
    `OnActiveSec=${renderSpan(everySeconds)}`,
    `OnUnitInactiveSec=${renderSpan(everySeconds)}`,
    `RandomizedDelaySec=${renderSpan(delaySeconds)}`,
  ];
}

function renderSpan(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** As systemd reads it: a percent sign would begin a specifier, a dollar sign a variable. */
function quote(path: string): string {
  const literal = path.replaceAll("%", "%%").replaceAll("$", "$$$$").replaceAll(/["\\]/g, "\\$&");
  return /[\s"'\\]/.test(path) ? `"${literal}"` : literal;
}

/** Fires every so many minutes, a random quarter of that later at most. */
export function everyMinutes(minutes: number): Schedule {
  return { everySeconds: minutes * 60, delaySeconds: minutes * 15 };
}

/**
 * Fires every six hours at one minute of the hour. Pure.
 *
 * @param seed decides the minute; a unit's stays the same, those of a fleet's units differ.
 */
export function everySixHours(seed: number): Schedule {
  const minute = String(Math.abs(seed) % 60).padStart(2, "0");
  return { calendar: `*-*-* 00/6:${minute}:00` };
}
