/** Values of kernel parameters by their names, such as `kernel.keys.maxkeys`. */
export type Limits = Readonly<Record<string, number>>;

/** What one unit's file in sysctl.d says. */
export interface LimitsRecord {
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** How many runners the unit wants. */
  readonly runners: number;
  /** The values that were there before the first unit raised them. */
  readonly before: Limits;
  /** The values that the units of this machine need together. */
  readonly values: Limits;
}

/** What is to be written: to the kernel now, and to the units' files for the next start of the machine. */
export interface LimitsPlan {
  readonly apply: Limits;
  readonly records: readonly LimitsRecord[];
}

interface Need {
  /** For the machine itself: the kernel's defaults. */
  readonly base: number;
  readonly perRunner: number;
}

/**
 * All unprivileged containers share one range of users, so they share these limits, which hold for each user. A system
 * of systemd takes about 7 inotify instances and 10 keys; the rest is for jobs, and for Docker in them.
 */
const NEEDS: Readonly<Record<string, Need>> = {
  "fs.inotify.max_user_instances": { base: 128, perRunner: 128 },
  "fs.inotify.max_user_watches": { base: 8192, perRunner: 65_536 },
  "kernel.keys.maxkeys": { base: 200, perRunner: 100 },
  "kernel.keys.maxbytes": { base: 20_000, perRunner: 25_000 },
};

/** Builder and template run beside the runners. */
const SPARE_RUNNERS = 2;

/** The kernel parameters that a fleet needs raised. */
export const LIMIT_NAMES: readonly string[] = Object.keys(NEEDS);

/**
 * Decides the kernel limits of a machine. Pure.
 *
 * No value is ever below what was there before the units came, nor below what somebody has raised it to since. What was
 * there comes back with the end of the last unit, unless somebody has changed it since.
 *
 * @param records of all units of the machine, this one's last record among them.
 * @param unit this unit with the number of its runners; undefined when it goes.
 * @param current what the kernel has; names that it does not know are left out.
 */
export function planLimits(
  records: readonly LimitsRecord[],
  unit: { readonly slug: string; readonly runners: number | undefined },
  current: Limits,
): LimitsPlan {
  const others = records.filter(({ slug }) => slug !== unit.slug);
  const remaining = [
    ...others,
    ...(unit.runners === undefined ? [] : [{ slug: unit.slug, runners: unit.runners }]),
  ];
  const before: Record<string, number> = {};
  const values: Record<string, number> = {};
  const apply: Record<string, number> = {};
  for (const [name, now] of Object.entries(current)) {
    const earlier = records.find((record) => name in record.before)?.before[name] ?? now;
    const raised = records.find((record) => name in record.values)?.values[name];
    const value = remaining.length === 0 ? earlier : Math.max(earlier, needOf(name, remaining));
    before[name] = earlier;
    values[name] = value;
    if (now < value || (now === raised && now > value)) apply[name] = value;
  }
  return { apply, records: remaining.map(({ slug, runners }) => ({ slug, runners, before, values })) };
}

function needOf(name: string, units: readonly { readonly runners: number }[]): number {
  const { base, perRunner } = NEEDS[name] ?? { base: 0, perRunner: 0 };
  const runners = units.reduce((sum, unit) => sum + unit.runners + SPARE_RUNNERS, 0);
  return base + perRunner * runners;
}

/** Name of a unit's file in sysctl.d. */
export function limitsFileName(slug: string): string {
  return `60-github-runner-${slug}.conf`;
}

/** The unit's part of the name of a file in sysctl.d, or undefined where it is not the charm's. */
export function slugOfLimitsFile(fileName: string): string | undefined {
  return /^60-github-runner-(.+)\.conf$/.exec(fileName)?.[1];
}

/** Writes a record as a file for sysctl.d. */
export function renderLimits({ slug, runners, before, values }: LimitsRecord): string {
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  return `# Written by the GitHub runner charm for its unit ${slug}; goes with the unit.
# runners: ${runners}
# before: ${Object.entries(before)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}
${lines.join("\n")}
`;
}

/** Reads what {@link renderLimits} wrote; what a person has made of it meanwhile is read as far as it can be. */
export function parseLimits(slug: string, text: string): LimitsRecord {
  const runners = Number(/^# runners: (\d+)$/m.exec(text)?.[1] ?? 0);
  const before = /^# before: (.*)$/m.exec(text)?.[1] ?? "";
  return {
    slug,
    runners,
    before: toLimits(before.matchAll(/([\w.]+)=(\d+)/g)),
    values: toLimits(text.matchAll(/^([\w.]+) = (\d+)$/gm)),
  };
}

function toLimits(matches: Iterable<RegExpMatchArray>): Limits {
  const known = [...matches].filter(([, name = ""]) => name in NEEDS);
  return Object.fromEntries(known.map(([, name = "", value = ""]) => [name, Number(value)]));
}
