import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/** Letters of a needle that is long enough not to be met by chance. */
const NEEDLE_LENGTH = 32;

/** Looks for secrets, in the forms that programs give to text: as they are, in base64, escaped for JSON and for URLs. */
export class SecretHunt {
  readonly #needles = new Map<string, Set<string>>();

  /**
   * Looks for a secret from now on.
   *
   * @param name what it is called in what is found.
   * @param secret of a long one each part is looked for, since logs cut lines.
   */
  add(name: string, secret: string): void {
    const needles = this.#needles.get(name) ?? new Set();
    for (const part of partsOf(secret)) for (const form of formsOf(part)) needles.add(form);
    this.#needles.set(name, needles);
  }

  /** @returns names of the secrets that a text holds. */
  inText(text: string): string[] {
    return [...this.#needles].flatMap(([name, needles]) =>
      [...needles].some((needle) => text.includes(needle)) ? [name] : [],
    );
  }

  /**
   * Searches all files below directories, binary ones too; links are not followed.
   *
   * @param excluded names of files that may hold secrets.
   * @returns paths of the files that hold one.
   */
  inFiles(directories: readonly string[], excluded: readonly string[] = []): string[] {
    const needles = [...this.#needles.values()].flatMap((forms) => [...forms]);
    const exclusions = excluded.map((name) => `--exclude=${name}`);
    // Devices, pipes and sockets would be waited for.
    const words = ["--recursive", "--files-with-matches", "--text", "--fixed-strings", "--devices=skip"];
    const { stdout, error } = spawnSync("grep", [...words, "--file=-", ...exclusions, "--", ...directories], {
      // On standard input: the search must not be what shows secrets in the list of processes.
      input: needles.join("\n"),
      encoding: "utf8",
      env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error) throw error;
    return stdout.split("\n").filter(Boolean);
  }
}

/** A secret of its own for a test: nothing else on the machine has it. */
export function freshSecret(prefix: string): string {
  return `${prefix}${randomBytes(18).toString("hex")}`;
}

/** All forms in which a program may have written a secret down. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Base64 of a text that holds the secret depends on where in it the secret stands; letters at its ends mix with others.
  const encoded = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(offset === 0 ? 0 : offset + 1, -2);
  });
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([secret, escaped, escaped.replaceAll("/", "\\/"), encodeURIComponent(secret), ...encoded]),
  ];
}

function partsOf(secret: string): string[] {
  if (secret.length < 2 * NEEDLE_LENGTH) return [secret];
  const count = Math.floor(secret.length / NEEDLE_LENGTH);
  return Array.from({ length: count }, (_, part) =>
    secret.slice(part * NEEDLE_LENGTH, (part + 1) * NEEDLE_LENGTH),
  );
}
