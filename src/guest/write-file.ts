import type { GuestFile } from "./payload.ts";

/** The lines of a shell script that write a text file, which root owns. The path holds no character of the shell's. */
export function writeText({ path, mode, content }: Omit<GuestFile, "owner">): readonly string[] {
  return [
    `mkdir -p "$(dirname ${path})"`,
    `base64 --decode >${path} <<'CONTENT'`,
    ...(Buffer.from(content)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
    "CONTENT",
    `chmod ${mode} ${path}`,
  ];
}

/** Like {@link writeText}, for a file of any owner. */
export function writeFile({ owner, ...file }: GuestFile): readonly string[] {
  return [...writeText(file), `chown ${owner}:${owner} ${file.path}`];
}
