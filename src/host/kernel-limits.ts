/** Values of kernel parameters by name, such as `kernel.keys.maxkeys`. */
export type Limits = Readonly<Record<string, number>>;

/** The runners of a unit. */
export interface FleetOfUnit {
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** Number of runners; undefined when the unit is removed. */
  readonly runners: number | undefined;
  /** Most processes and threads of each. */
  readonly processes: number;
}

/** The content of a unit's file in sysctl.d. */
export interface LimitsRecord {
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** The unit's number of runners. */
  readonly runners: number;
  /** Most processes and threads of each. */
  readonly processes: number;
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
  /** What each runner adds; `processes` stands for its number of processes. */
  readonly perRunner: number | "processes";
  /** The kernel refuses more. */
  readonly most?: number;
}

/** Of units whose file does not have it, which an earlier version wrote. */
const PROCESSES = 8192;

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
  "kernel.pid_max": { base: 32_768, perRunner: "processes", most: 4_194_304 },
  "kernel.threads-max": { base: 16_384, perRunner: "processes" },
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
 * @param unit this unit.
 * @param current the kernel's values, without unknown names.
 */
export function planLimits(records: readonly LimitsRecord[], unit: FleetOfUnit, current: Limits): LimitsPlan {
  const others = records.filter(({ slug }) => slug !== unit.slug);
  const remaining = [
    ...others,
    ...(unit.runners === undefined
      ? []
      : [{ slug: unit.slug, runners: unit.runners, processes: unit.processes }]),
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
  return {
    apply,
    records: remaining.map(({ slug, runners, processes }) => ({ slug, runners, processes, before, values })),
  };
}

function needOf(name: string, units: readonly Pick<LimitsRecord, "runners" | "processes">[]): number {
  const { base, perRunner, most = Infinity } = NEEDS[name] ?? { base: 0, perRunner: 0 };
  const needs = units.map(
    ({ runners, processes }) =>
      (runners + SPARE_RUNNERS) * (perRunner === "processes" ? processes : perRunner),
  );
  return Math.min(
    needs.reduce((sum, need) => sum + need, base),
    most,
  );
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
export function renderLimits({ slug, runners, processes, before, values }: LimitsRecord): string {
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  return `# Written by the GitHub runner charm for its unit ${slug}; goes with the unit.
# runners: ${runners}
# processes: ${processes}
# before: ${Object.entries(before)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}
${lines.join("\n")}
`;
}

/** Parses the output of {@link renderLimits}. Tolerates manual edits. */
export function parseLimits(slug: string, text: string): LimitsRecord {
  const runners = Number(/^# runners: (\d+)$/m.exec(text)?.[1] ?? 0);
  const processes = Number(/^# processes: (\d+)$/m.exec(text)?.[1] ?? PROCESSES);
  const before = /^# before: (.*)$/m.exec(text)?.[1] ?? "";
  return {
    slug,
    runners,
    processes,
    before: toLimits(before.matchAll(/([\w.-]+)=(\d+)/g)),
    values: toLimits(text.matchAll(/^([\w.-]+) = (\d+)$/gm)),
  };
}

function toLimits(matches: Iterable<RegExpMatchArray>): Limits {
  const known = [...matches].filter(([, name = ""]) => name in NEEDS);
  return Object.fromEntries(known.map(([, name = "", value = ""]) => [name, Number(value)]));
}
