import { createHash } from "node:crypto";

/** Facts that the single file's head contains. */
export interface HeadFacts {
  readonly version: string;
  /** Juju's name, such as `amd64`. */
  readonly architecture: string;
  /** What `uname -m` prints on it. */
  readonly machine: string;
  readonly payload: Uint8Array;
}

/**
 * The agent as one file: a shell script, and behind its last line a compressed tar archive with the agent and its Node.js.
 * The machine needs a shell and programs that each Debian and Ubuntu has, but no Node.js.
 *
 * The first start unpacks the archive, after a check of its SHA-256, into a directory with that name, below
 * `/var/cache/juju-agent` for root and below the home directory for others, who use root's copy when it is there. A
 * directory with the final name is always whole: it is made beside, with a name of its own that only its owner can open,
 * synced, and renamed. A lock lets the first one of several starts unpack, and remove what a killed one has left.
 */
export function renderSingleFile(facts: HeadFacts): Buffer {
  let offset = 0;
  let head = renderHead(facts, offset);
  // The head contains its own length.
  while (offset !== Buffer.byteLength(head) + 1) {
    offset = Buffer.byteLength(head) + 1;
    head = renderHead(facts, offset);
  }
  return Buffer.concat([Buffer.from(head), facts.payload]);
}

function renderHead({ version, architecture, machine, payload }: HeadFacts, offset: number): string {
  const digest = createHash("sha256").update(payload).digest("hex");
  return `#!/bin/sh
# juju-agent ${version} for ${architecture}: runs packed Juju charms on this machine; see --help.
set -eu

digest=${digest}
system=/var/cache/juju-agent

fail() {
  printf 'ERROR Cannot start the agent: %s\\n' "$1" >&2
  exit 1
}

absolute() {
  case $0 in
  */*) self=$0 ;;
  *) self=$(command -v -- "$0") || self=$0 ;;
  esac
  case $self in
  /*) ;;
  *) self=$PWD/$self ;;
  esac
}

unpack() {
  [ "$(uname -s) $(uname -m)" = "Linux ${machine}" ] ||
    fail "this file is for Linux on ${machine}, and this machine is $(uname -sm)"
  umask 022
  mkdir -p "$cache" || fail "it cannot make $cache"
  exec 9>"$cache/.lock" || fail "it cannot write to $cache"
  flock 9
  [ ! -e "$cache/$digest" ] || return 0
  rm -rf "$cache"/.unpack-*
  work=$(mktemp -d "$cache/.unpack-XXXXXXXXXX") || fail "it cannot write to $cache"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  tail -c +${offset} "$self" >"$work/payload" || fail "it cannot unpack into $cache"
  printf '%s  %s\\n' "$digest" "$work/payload" | sha256sum --check --status ||
    fail "$self is damaged: its checksum is wrong; copy it again"
  mkdir "$work/program"
  tar --extract --gzip --no-same-owner --file "$work/payload" --directory "$work/program" ||
    fail "it cannot unpack into $cache"
  "$work/program/bin/node" --version >/dev/null ||
    fail "its Node.js does not run on this machine; it needs glibc 2.28 or later, and $cache without noexec"
  # A power cut after the rename must not leave an empty file.
  sync
  mv "$work/program" "$cache/$digest"
  rm -rf "$work"
  trap - EXIT HUP INT TERM
}

main() {
  if [ -x "$system/$digest/bin/node" ] || [ "$(id -u)" = 0 ]; then
    cache=$system
  else
    cache=\${XDG_CACHE_HOME:-\${HOME:?is not set}/.cache}/juju-agent
  fi
  absolute
  if [ ! -e "$cache/$digest" ]; then
    unpack
    exec 9>&-
  fi
  JUJU_AGENT_FILE=$self exec "$cache/$digest/bin/node" "$cache/$digest/lib/main.mjs" "$@"
}

main "$@"
exit
`;
}
