import { ConditionError } from "charm-kit";

/** Longest label of a host name (RFC 1123), and so of an LXD instance. */
const LONGEST_NAME = 63;
const OWNER_DIGITS = 6;
const ATTEMPT_DIGITS = 6;

/** The application's name is too long for the names of its runners. */
export class UnitNameError extends ConditionError {
  readonly code = "unit-name";
  readonly remedy = "person";
}

/**
 * The names of one unit's runners: `<app>-<unit>-<hex>`.
 *
 * The first digits identify the model, so that applications of the same name in two models do not share runners; the last
 * digits identify the attempt, because GitHub refuses a name that it knows.
 */
export class RunnerNames {
  readonly #prefix: string;
  readonly #ofOtherUnit: RegExp;

  /**
   * @param unitName Juju's name of the unit, such as `runners/0`.
   * @param ownerTag hexadecimal digits that differ between models; the first six are used.
   * @throws {@link UnitNameError} when names would be longer than 63 characters.
   */
  constructor(unitName: string, ownerTag: string) {
    const slug = unitSlug(unitName);
    const owner = ownerTag.slice(0, OWNER_DIGITS);
    this.#prefix = `${slug}-${owner}`;
    const application = slug.slice(0, slug.lastIndexOf("-"));
    this.#ofOtherUnit = new RegExp(`^${application}-\\d+-${owner}[0-9a-f]{${ATTEMPT_DIGITS}}$`);
    const length = this.#prefix.length + ATTEMPT_DIGITS;
    if (length > LONGEST_NAME) {
      throw new UnitNameError(
        `Cannot name runners of '${unitName}': their names would have ${length} characters and ${LONGEST_NAME} are ` +
          `allowed; deploy under a name that is ${length - LONGEST_NAME} characters shorter`,
      );
    }
  }

  /** @param entropy random hexadecimal digits, at least six. */
  next(entropy: string): string {
    return `${this.#prefix}${entropy.slice(0, ATTEMPT_DIGITS)}`;
  }

  owns(name: string): boolean {
    return (
      name.startsWith(this.#prefix) &&
      /^[0-9a-f]+$/.test(name.slice(this.#prefix.length)) &&
      name.length === this.#prefix.length + ATTEMPT_DIGITS
    );
  }

  /** Whether a name is that of a runner of another unit of the same application. */
  isOfOtherUnit(name: string): boolean {
    return this.#ofOtherUnit.test(name) && !this.owns(name);
  }
}

/** The {@link unitSlug} of the unit that a runner's name belongs to, with a hyphen. */
export function unitSlugOf(runner: string): string {
  return runner.slice(0, -(OWNER_DIGITS + ATTEMPT_DIGITS));
}

/** The unit's name in names of instances, images and files: `runners-0` for the unit `runners/0`. */
export function unitSlug(unitName: string): string {
  return unitName.replace("/", "-");
}
