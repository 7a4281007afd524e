const OWNER = /^unit-(.+)-[0-9a-f]{8}$/i;
const DIGITS = 8;

/**
 * The label by which a scale set tells whose it is: GitHub keeps no other note of it. Jobs may ask for it, and so for one unit.
 *
 * @param unit such as `runners-0`.
 * @param deployment such as the UUID of a Juju model.
 */
export function ownerLabel(unit: string, deployment: string): string {
  return `unit-${unit}-${deployment.replaceAll("-", "").padEnd(DIGITS, "0").slice(0, DIGITS)}`;
}

/** The unit that a scale set's labels name, such as `runners-0`; undefined where they name none. */
export function ownerOf(labels: readonly string[]): string | undefined {
  return labels.map((label) => OWNER.exec(label)?.[1]).find((unit) => unit !== undefined);
}
