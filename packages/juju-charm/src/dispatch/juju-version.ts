import { JujuContextError } from "./juju-context-error.ts";

const FORM = /^(\d{1,9})\.(\d{1,9})(?:(?:\.|-([a-z]+))(\d{1,9}))?(?:\.(\d{1,9}))?$/;

/** A version of Juju, such as `3.6.28`, `4.1-beta2` or `2.9.50.1`. A release comes after its pre-releases. */
export class JujuVersion {
  readonly major: number;
  readonly minor: number;
  /** Number of the patch or, with a tag, of the pre-release. */
  readonly patch: number;
  /** `alpha`, `beta` or `rc`; empty for a release. */
  readonly tag: string;
  readonly build: number;
  readonly #text: string;

  /** @throws {@link JujuContextError} for a text in another form. */
  constructor(text: string) {
    const [match, major, minor, tag = "", patch = 0, build = 0] = FORM.exec(text) ?? [];
    if (match === undefined)
      throw new JujuContextError("JUJU_VERSION", `is "${text}", not a version of Juju`);
    this.major = Number(major);
    this.minor = Number(minor);
    this.patch = Number(patch);
    this.tag = tag;
    this.build = Number(build);
    this.#text = text;
  }

  /** Negative when this version is older than the other one, positive when it is newer, and 0 for the same. */
  compare(other: JujuVersion | string): number {
    const that = typeof other === "string" ? new JujuVersion(other) : other;
    return (
      this.major - that.major ||
      this.minor - that.minor ||
      compareTags(this.tag, that.tag) ||
      this.patch - that.patch ||
      this.build - that.build
    );
  }

  /** Whether this is the other version or a newer one: `model.jujuVersion.isAtLeast("3.6.2")`. */
  isAtLeast(other: JujuVersion | string): boolean {
    return this.compare(other) >= 0;
  }

  /** Whether charms can use secrets. */
  get hasSecrets(): boolean {
    return this.isAtLeast("3.0.2");
  }

  /** The text. */
  toString(): string {
    return this.#text;
  }
}

/** The empty tag of a release is the newest; others are in the order of the alphabet. */
function compareTags(left: string, right: string): number {
  if (left === right) return 0;
  if (left === "" || right === "") return left === "" ? 1 : -1;
  return left < right ? -1 : 1;
}
