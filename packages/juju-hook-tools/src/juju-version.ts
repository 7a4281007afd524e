/** The version of Juju that the emulators follow unless they are told another. */
export const DEFAULT_JUJU_VERSION = "3.6.28";

/** What differs between versions of Juju. Texts are those of the hook tools, without `ERROR`. */
export interface JujuDifferences {
  /** A secret exists, but the unit may not read it: it was never granted, or its grant was revoked. */
  secretNotAllowed(unit: string): string;
  secretNotFound(id: string): string;
  /** `secret-get --label` with a label that the unit never gave to a secret. */
  secretLabelNotFound(label: string): string;
  /** `relation-get` for a unit or application that is not in the relation. */
  readonly notInRelation: string;
  /** Whether a unit without leadership may read its own application's data in a relation that is no peer relation. */
  readonly followersReadOwnAppData: boolean;
  /**
   * Whether a second `secret-set` of a secret in one hook adds to the first. Before 3.6 it replaces the first, whose
   * content is lost (LP#2081034).
   */
  readonly addsSecretUpdates: boolean;
  /** Whether the environment has `JUJU_SLA`. */
  readonly hasSLA: boolean;
}

const JUJU_3: JujuDifferences = {
  secretNotAllowed: () => "permission denied",
  secretNotFound: (id) => `secret "${id}" not found`,
  secretLabelNotFound: (label) => `consumer label "${label}" not found`,
  notInRelation: "permission denied",
  followersReadOwnAppData: false,
  addsSecretUpdates: true,
  hasSLA: true,
};

const JUJU_4: JujuDifferences = {
  secretNotAllowed: (unit) => `"${unit}" is not allowed to read this secret`,
  secretNotFound: () => "getting latest secret revision: secret not found",
  secretLabelNotFound: (label) => `secret URI for consumer label "${label}" not found`,
  notInRelation: "relation unit not found",
  followersReadOwnAppData: true,
  addsSecretUpdates: true,
  hasSLA: false,
};

/** The differences of a version such as `3.6.28` or `4.0.15`. */
export function differencesOf(version: string = DEFAULT_JUJU_VERSION): JujuDifferences {
  const [major = 0, minor = 0] = version.split(/[.-]/, 2).map(Number);
  if (major >= 4) return JUJU_4;
  return major === 3 && minor >= 6 ? JUJU_3 : { ...JUJU_3, addsSecretUpdates: false };
}
