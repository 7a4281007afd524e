import type { Config } from "lxd-client";

/** The purpose of an instance. */
export type Role = "runner" | "builder" | "template";

/** The unit that an LXD object belongs to. */
export interface Owner {
  readonly unitName: string;
  readonly deployment: string;
}

const PREFIX = "user.github-runner";

/**
 * Keys of an instance's configuration in which the unit stores its facts; there is no other record. The stored names must
 * not change: instances of earlier versions live through an upgrade.
 */
export const KEYS = {
  owner: `${PREFIX}.owner`,
  role: `${PREFIX}.role`,
  configHash: `${PREFIX}.kind`,
  scopeKey: `${PREFIX}.place`,
  phase: `${PREFIX}.phase`,
  takenAt: `${PREFIX}.taken-at`,
  deadline: `${PREFIX}.deadline`,
  suspectSince: `${PREFIX}.doubtful-since`,
  busySince: `${PREFIX}.busy-since`,
  recipe: `${PREFIX}.recipe`,
  image: `${PREFIX}.image`,
  builtAt: `${PREFIX}.built-at`,
  programs: `${PREFIX}.programs`,
} as const;

/** Keys of a template that a clone must not inherit. LXD removes keys with empty values. */
export const TEMPLATE_ONLY: Config = {
  [KEYS.recipe]: "",
  [KEYS.image]: "",
  [KEYS.builtAt]: "",
  [KEYS.programs]: "",
  "security.protection.delete": "false",
};

/** The value of {@link KEYS.owner}. */
export function ownerText({ unitName, deployment }: Owner): string {
  return `${deployment}/${unitName}`;
}

/** The key that the unit's pool, profiles and ACL carry. */
export function ownerKey(owner: Owner): Config {
  return { [KEYS.owner]: ownerText(owner) };
}

/** Whether an object belongs to another unit. Objects of earlier versions of the charm carry no key. */
export function isForeign(config: Config, owner: Owner): boolean {
  const text = config[KEYS.owner];
  return text !== undefined && text !== ownerText(owner);
}

/** Keys that every instance of the unit carries. */
export function ownerConfig(owner: Owner, role: Role): Config {
  return { [KEYS.owner]: ownerText(owner), [KEYS.role]: role };
}

/** Whether an instance belongs to the unit and has the role. */
export function isOwned(config: Config, owner: Owner, role: Role): boolean {
  return config[KEYS.owner] === ownerText(owner) && config[KEYS.role] === role;
}

/** The description of the unit's objects. */
export function describeOwner({ unitName }: Owner): string {
  return `GitHub runners of unit ${unitName}`;
}
