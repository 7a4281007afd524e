/** Values of kernel parameters by name, such as `kernel.keys.maxkeys`. */
export type Limits = Readonly<Record<string, number>>;

/** The content of a unit's file in sysctl.d. */
export interface LimitsRecord {
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** The unit's number of runners. */
  readonly runners: number;
  /** The values before the first unit raised them. */
  readonly before: Limits;
  /** The values that all units of this machine need together. */
  readonly values: Limits;
}

/** Values to write to the kernel now, and to the units' files for the next boot. */
export interface LimitsPlan {
  readonly apply: Limits;
  readonly records: readonly LimitsRecord[];
}

interface Need {
  /** The machine's own share: the kernel's defaults. */
  readonly base: number;
  readonly perRunner: number;
  /** The kernel refuses more. */
  readonly most?: number;
}

/** Most processes and threads of a runner. */
export const PROCESSES_PER_RUNNER = 8192;

/** Most connections of a runner that the machine tracks at a time. */
export const CONNECTIONS_PER_RUNNER = 16_384;

/**
 * Most values exceed the sum of what all runners may use, so that no runner's bound is above what is left for it.
 *
 * All unprivileged containers share one UID range, and so the limits of inotify and keys for each UID. A system
 * with systemd uses about 7 inotify instances and 10 keys; the rest is for jobs and their Docker.
 */
const NEEDS: Readonly<Record<string, Need>> = {
  "fs.inotify.max_user_instances": { base: 128, perRunner: 128 },
  "fs.inotify.max_user_watches": { base: 8192, perRunner: 65_536 },
  "kernel.keys.maxkeys": { base: 200, perRunner: 100 },
  "kernel.keys.maxbytes": { base: 20_000, perRunner: 25_000 },
  "kernel.pid_max": { base: 32_768, perRunner: PROCESSES_PER_RUNNER, most: 4_194_304 },
  "kernel.threads-max": { base: 16_384, perRunner: PROCESSES_PER_RUNNER },
  "net.netfilter.nf_conntrack_max": { base: 65_536, perRunner: CONNECTIONS_PER_RUNNER },
};

/** Builder and template run in addition to the runners. */
const SPARE_RUNNERS = 2;

/** The kernel parameters that a fleet needs. */
export const LIMIT_NAMES: readonly string[] = Object.keys(NEEDS);

/**
 * Decides the kernel limits of a machine. Pure.
 *
 * No value is below its original value, or below a value that was set since then by other means. The original
 * value is restored when the last unit is removed, unless it was changed since then.
 *
 * @param records the records of all units of the machine, including this one.
 * @param unit this unit with its number of runners; undefined when it is removed.
 * @param current the kernel's values, without unknown names.
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
  const { base, perRunner, most = Infinity } = NEEDS[name] ?? { base: 0, perRunner: 0 };
  const runners = units.reduce((sum, unit) => sum + unit.runners + SPARE_RUNNERS, 0);
  return Math.min(base + perRunner * runners, most);
}

/** Name of a unit's file in sysctl.d. */
export function limitsFileName(slug: string): string {
  return `60-github-runner-${slug}.conf`;
}

/** The slug in the name of a file in sysctl.d; undefined when the file is not the charm's. */
export function slugOfLimitsFile(fileName: string): string | undefined {
  return /^60-github-runner-(.+)\.conf$/.exec(fileName)?.[1];
}

/** Renders a record as a file for sysctl.d. */
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

/** Parses the output of {@link renderLimits}. Tolerates manual edits. */
export function parseLimits(slug: string, text: string): LimitsRecord {
  const runners = Number(/^# runners: (\d+)$/m.exec(text)?.[1] ?? 0);
  const before = /^# before: (.*)$/m.exec(text)?.[1] ?? "";
  return {
    slug,
    runners,
    before: toLimits(before.matchAll(/([\w.-]+)=(\d+)/g)),
    values: toLimits(text.matchAll(/^([\w.-]+) = (\d+)$/gm)),
  };
}

function toLimits(matches: Iterable<RegExpMatchArray>): Limits {
  const known = [...matches].filter(([, name = ""]) => name in NEEDS);
  return Object.fromEntries(known.map(([, name = "", value = ""]) => [name, Number(value)]));
}
