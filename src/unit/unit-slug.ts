import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "charm-kit";
import { RunnerNames, unitSlug } from "../runners/runner-name.ts";
import type { UnitContext } from "./unit-system.ts";

/** A unit on its machine. */
export type UnitOnMachine = Pick<UnitContext, "system" | "unitName" | "deployment">;

/** The file in a unit's data directory that names its deployment. */
const OWNER_FILE = "owner";
const TAG_DIGITS = 6;

/**
 * The unit's name in all other names on the machine: `runners-0` for the unit `runners/0`, and `runners-0-9f4848` where a
 * unit of the same name of another deployment, such as another Juju model, has that already.
 */
export function slugOf({ system, unitName, deployment }: UnitOnMachine): string {
  const plain = unitSlug(unitName);
  const owner = ownerIn(join(system.dataRoot, plain));
  const isFree = owner === undefined || owner === deployment;
  return isFree ? plain : `${plain}-${deployment.replaceAll("-", "").slice(0, TAG_DIGITS)}`;
}

/**
 * The names of the unit's runners.
 *
 * @throws UnitNameError
 */
export function runnerNames({ unitName, deployment }: UnitOnMachine): RunnerNames {
  return new RunnerNames(unitName, deployment.replaceAll("-", ""));
}

/** Takes the unit's name on the machine, before anything is created under it. Safe to repeat. */
export function claimSlug(unit: UnitOnMachine): void {
  const directory = join(unit.system.dataRoot, slugOf(unit));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(directory, OWNER_FILE), unit.deployment, { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EEXIST") throw thrown;
  }
}

/** What a unit of the same name of another deployment has on the machine, as a short text; undefined when there is none. */
export function otherUnitOf(unit: UnitOnMachine): string | undefined {
  const plain = unitSlug(unit.unitName);
  const owner = ownerIn(join(unit.system.dataRoot, plain));
  if (owner === undefined || owner === unit.deployment) return undefined;
  return (
    `unit ${unit.unitName} of the deployment ${owner} is on this machine too, under the name ${plain}; this one uses ` +
    `${slugOf(unit)}. If the other unit is gone, remove what it has left`
  );
}

function ownerIn(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, OWNER_FILE), "utf8").trim() || undefined;
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(thrown) ?? "")) return undefined;
    throw thrown;
  }
}
