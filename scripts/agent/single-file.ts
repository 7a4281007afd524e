import { createHash } from "node:crypto";
import type { DeflatedEntry } from "./deflated-entry.ts";

/** A charm's archive, and the Node.js in it. */
export interface EmbeddedCharm {
  /** Name of its file. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Where the archive has its Node.js. */
  readonly runtime: DeflatedEntry;
}

/** Facts that the single file's head contains. */
export interface HeadFacts {
  /** Name of the program. */
  readonly name: string;
  readonly version: string;
  /** Juju's name, such as `amd64`. */
  readonly architecture: string;
  /** What `uname -m` prints on it. */
  readonly machine: string;
  /** A compressed tar archive with the agent, and with its Node.js in `bin/node` unless that is in the charm. */
  readonly payload: Uint8Array;
  /** @default none */
  readonly charm?: EmbeddedCharm;
}

/**
 * The agent as one file: a shell script, and behind its last line a compressed tar archive with the agent and its Node.js.
 * The machine needs a shell and programs that each Debian and Ubuntu has, but no Node.js.
 *
 * A charm stands behind it as its unchanged archive, and the agent uses the archive's Node.js, so that the file has it
 * once. An entry of a zip archive is what gzip writes, without gzip's own head and end: the script adds these.
 *
 * The first start unpacks all, after a check of its SHA-256, into a directory with that name, below
 * `/var/cache/<name>` for root and below the home directory for others, who use root's copy when it is there. A
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
  return Buffer.concat([Buffer.from(head), facts.payload, facts.charm?.content ?? Buffer.alloc(0)]);
}

function renderHead(facts: HeadFacts, offset: number): string {
  const { name, version, architecture, machine, payload, charm } = facts;
  const hash = createHash("sha256").update(payload);
  if (charm !== undefined) hash.update(charm.content);
  const digest = hash.digest("hex");
  const purpose =
    charm === undefined ? "runs packed Juju charms on this machine" : `runs ${charm.name} on this machine`;
  return `#!/bin/sh
# ${name} ${version} for ${architecture}: ${purpose}; see --help.
set -eu

digest=${digest}
system=/var/cache/${name}

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
  head -c ${payload.length} "$work/payload" | tar --extract --gzip --no-same-owner --directory "$work/program" ||
    fail "it cannot unpack into $cache"
${charm === undefined ? "" : renderCharm(charm, payload.length)}  "$work/program/bin/node" --version >/dev/null ||
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
    cache=\${XDG_CACHE_HOME:-\${HOME:?is not set}/.cache}/${name}
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

/** Unpacks a charm, and the Node.js in it. */
function renderCharm({ name, runtime }: EmbeddedCharm, offset: number): string {
  const { start, length, checksum, size } = runtime;
  return `  charm="$work/program/${name}"
  mkdir -p "$work/program/bin"
  {
    tail -c +${offset + 1} "$work/payload" >"$charm" &&
      {
        printf '\\037\\213\\010\\0\\0\\0\\0\\0\\0\\003'
        tail -c +${start + 1} "$charm" | head -c ${length}
        printf '${octal(checksum)}${octal(size)}'
      } | gzip --decompress >"$work/program/bin/node" &&
      chmod 755 "$work/program/bin/node"
  } || fail "it cannot unpack into $cache"
`;
}

/** A number as gzip writes it: four bytes, the lowest first. */
function octal(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value % 2 ** 32);
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
