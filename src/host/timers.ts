import { renderSystemdCommand } from "charm-kit";
import type { Schedule, Timer } from "../unit/ports.ts";

/** The unit that receives the events. */
export interface TimedUnit {
  /** Such as `runners/0`. */
  readonly name: string;
  /** The name for file names, such as `runners-0`. */
  readonly slug: string;
}

/** A systemd unit file. */
export interface UnitFile {
  readonly name: string;
  readonly content: string;
}

/** A service that dispatches an event, and its timer. */
export interface RenderedTimer {
  readonly service: UnitFile;
  readonly timer: UnitFile;
}

/** Enough for an image build with a slow mirror. A call that hangs longer must not block the timer. */
const LONGEST_CALL = "3h";

/** The prefix of all unit file names of a unit. Unique, since a slug contains no dot. */
export function timerPrefix(slug: string): string {
  return `ghro.${slug}.`;
}

/**
 * Renders a timer for systemd. Pure.
 *
 * The service is a oneshot, which systemd never runs twice at once, and the timer counts from the end of the last run.
 *
 * @param command absolute path and arguments of the command that dispatches the event.
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
ExecStart=${renderSystemdCommand(command)}
TimeoutStartSec=${LONGEST_CALL}
`,
    },
    timer: {
      name: `${name}.timer`,
      content: `[Unit]
Description=${description} on a schedule

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
  // OnActiveSec makes the timer fire after a boot.
  return [
    `OnActiveSec=${renderSpan(everySeconds)}`,
    `OnUnitInactiveSec=${renderSpan(everySeconds)}`,
    `RandomizedDelaySec=${renderSpan(delaySeconds)}`,
  ];
}

function renderSpan(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** Fires every `minutes` minutes, with a random delay of up to a quarter. */
export function everyMinutes(minutes: number): Schedule {
  return { everySeconds: minutes * 60, delaySeconds: minutes * 15 };
}

/**
 * Fires every six hours at the same minute of the hour. Pure.
 *
 * @param seed determines the minute: constant for a unit, different between units.
 */
export function everySixHours(seed: number): Schedule {
  const minute = String(Math.abs(seed) % 60).padStart(2, "0");
  return { calendar: `*-*-* 00/6:${minute}:00` };
}
