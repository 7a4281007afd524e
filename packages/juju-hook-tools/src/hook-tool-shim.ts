import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The program behind every hook tool: it sends its name, arguments and working directory to the agent and prints the
 * answer.
 *
 * It loads no Perl module, so that a call costs little more than starting a process; it therefore packs the socket
 * address itself. Every field on the wire is a 32-bit big-endian length followed by its bytes, and so is the whole
 * request. The shim changes to the socket's directory when the path is longer than the kernel's 107 bytes.
 */
const SHIM = `#!/usr/bin/perl
($tool) = $0 =~ m{([^/]*)\\z};
sub fail { print STDERR "ERROR $_[0]\\n"; exit 1 }
$context = $ENV{JUJU_CONTEXT_ID};
fail("JUJU_CONTEXT_ID not set") unless defined $context && $context ne "";
$address = $ENV{JUJU_AGENT_SOCKET_ADDRESS};
fail("JUJU_AGENT_SOCKET_ADDRESS not set") unless defined $address && $address ne "";
$directory = readlink("/proc/self/cwd");
$stdin = undef;
for (0 .. $#ARGV) {
  last if $ARGV[$_] eq "--";
  next unless $ARGV[$_] eq "--file=-" || ($ARGV[$_] eq "--file" && defined $ARGV[$_ + 1] && $ARGV[$_ + 1] eq "-");
  local $/;
  binmode STDIN;
  $stdin = <STDIN>;
}
$path = $address;
if (length($path) > 107) {
  ($parent, $path) = $path =~ m{\\A(.*)/([^/]*)\\z}s;
  chdir($parent) || fail("dial unix $address: $!");
}
socket($server, 1, 1, 0) || fail("dial unix $address: $!");
connect($server, pack("Sa108", 1, $path)) || fail("dial unix $address: $!");
binmode $server;
$request = pack("(N/a*)*", $context, $directory, $tool, defined $stdin ? "1" : "0", defined $stdin ? $stdin : "", @ARGV);
select((select($server), $| = 1)[0]);
$SIG{PIPE} = "IGNORE";
print $server pack("N/a*", $request);
{ local $/; $answer = <$server>; }
fail("connection is shut down") if length($answer) < 12;
($code, $stdout, $stderr) = unpack("N N/a* N/a*", $answer);
binmode STDOUT;
binmode STDERR;
print STDOUT $stdout;
print STDERR $stderr;
exit $code;
`;

/** The agent's command line behind `juju-exec`. */
export interface ExecShim {
  readonly unit: string;
  /** Program and arguments that run a script in the unit; the script is appended. */
  readonly command: readonly string[];
}

/**
 * Creates a unit's tools directory: one program, and a link to it for each tool.
 *
 * With `exec` the directory also has `juju-exec`, which Juju itself installs for the whole machine.
 */
export async function installToolShims(
  directory: string,
  tools: Iterable<string>,
  exec: ExecShim | undefined,
): Promise<void> {
  const fresh = `${directory}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  await writeFile(join(fresh, "jujuc"), SHIM, { mode: 0o755 });
  for (const tool of tools) await symlink("jujuc", join(fresh, tool));
  if (exec) await writeFile(join(fresh, "juju-exec"), execShim(exec), { mode: 0o755 });
  await rm(directory, { recursive: true, force: true });
  await rename(fresh, directory);
}

function execShim({ unit, command }: ExecShim): string {
  return `#!/bin/sh
if [ -n "$JUJU_CONTEXT_ID" ]; then
  echo "ERROR juju-exec cannot be called from within a hook, have context \\"$JUJU_CONTEXT_ID\\"" >&2
  exit 1
fi
if [ "$1" = "${unit}" ] || [ "$1" = "unit-${unit.replace("/", "-")}" ]; then shift; fi
exec ${command.map(quote).join(" ")} "$*"
`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
