import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { isRecord, messageOf } from "charm-kit";
import type { JsonValue } from "juju-charm";
import { identifierOf, labelsOf, matchersOf, type Topology } from "./topology.ts";

/** An alert. In `expr`, `%%juju_topology%%` stands for matchers that keep it to this application. */
export interface AlertRule {
  readonly alert: string;
  /** In PromQL, or for logs in LogQL, such as `up{%%juju_topology%%} < 1`. */
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An alert or a recording rule, as in a rule file of Prometheus or Loki. */
export type Rule =
  | AlertRule
  | { readonly record: string; readonly expr: string; readonly labels?: Readonly<Record<string, string>> };

/** A group of rules. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly [option: string]: JsonValue | readonly Rule[] | undefined;
}

/** Rules as the relation has them. */
export interface RuleFile {
  readonly groups?: readonly RuleGroup[];
}

const SUFFIXES = [".rule", ".rules", ".yml", ".yaml"];
const PLACEHOLDER = "%%juju_topology%%";

/** What every application that is scraped is watched for, as the Python library does. */
export const HOST_HEALTH: RuleGroup = {
  name: "HostHealth",
  rules: [
    {
      alert: "HostDown",
      expr: `up{${PLACEHOLDER}} < 1`,
      for: "5m",
      labels: { severity: "critical" },
      annotations: {
        summary: "{{ $labels.instance }} cannot be scraped",
        description:
          "{{ $labels.instance }} of {{ $labels.juju_application }} has not answered for 5 minutes.",
      },
    },
    {
      alert: "HostMetricsMissing",
      expr: `absent(up{${PLACEHOLDER}})`,
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        summary: "No metrics of {{ $labels.juju_application }}",
        description: "Nothing has arrived from {{ $labels.juju_application }} for 5 minutes.",
      },
    },
  ],
};

/** Rules for the relation: names, labels and expressions are made the application's own. */
export function ruleFile(groups: readonly RuleGroup[], topology: Topology): RuleFile {
  if (groups.length === 0) return {};
  return { groups: groups.map((group) => localGroup(group, topology)) };
}

/**
 * Reads the rule files of a directory and of those below it, in the format of Prometheus and Loki, or with one rule each.
 *
 * @param onProblem called for a file that cannot be read. The others count.
 * @returns none when there is no such directory.
 */
export async function readRules(
  directory: string,
  onProblem: (problem: string) => void,
): Promise<readonly RuleGroup[]> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = files
    .filter((file) => file.isFile() && SUFFIXES.includes(extname(file.name)))
    .map((file) => join(file.parentPath, file.name))
    .sort();
  if (paths.length === 0) return [];
  const { parse } = await import("./parse-yaml.ts");
  const groups = await Promise.all(
    paths.map(async (path) => {
      try {
        const below = relative(directory, dirname(path)).replaceAll("/", "_");
        const found = groupsOf(parse(await readFile(path, "utf8")), basename(path, extname(path)));
        return found.map((group) => ({
          ...group,
          name: below === "" ? group.name : `${below}_${group.name}`,
        }));
      } catch (thrown) {
        onProblem(`${path}: ${messageOf(thrown)}`);
        return [];
      }
    }),
  );
  return groups.flat();
}

function groupsOf(file: unknown, name: string): readonly RuleGroup[] {
  if (!isRecord(file)) throw new Error("it is not a mapping");
  const { groups } = file;
  if (groups === undefined) return [{ name, rules: [ruleOf(file)] }];
  if (!Array.isArray(groups)) throw new Error("groups is not a list");
  return groups.map((group: unknown) => {
    if (!isRecord(group) || typeof group["name"] !== "string" || !Array.isArray(group["rules"]))
      throw new Error("a group has no name or no rules");
    // Further options of a group are Prometheus' own.
    return {
      ...(group as Readonly<Record<string, JsonValue>>),
      name: group["name"],
      rules: group["rules"].map(ruleOf),
    };
  });
}

function ruleOf(rule: unknown): Rule {
  const isRule = isRecord(rule) && typeof rule["expr"] === "string" && ("alert" in rule || "record" in rule);
  if (!isRule) throw new Error("a rule needs expr, and alert or record");
  return rule as unknown as Rule;
}

function localGroup(group: RuleGroup, topology: Topology): RuleGroup {
  const name = `${identifierOf(topology)}_${group.name}`.replaceAll(/[^a-zA-Z0-9_:]/g, "_");
  const rules = group.rules.map((rule) => ({
    ...rule,
    expr: rule.expr.replaceAll(PLACEHOLDER, matchersOf(topology)),
    labels: { ...labelsOf(topology), ...rule.labels },
  }));
  return { ...group, name: name.endsWith("_rules") ? name : `${name}_rules`, rules };
}
