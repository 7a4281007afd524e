import { GuestValueError, shellWord } from "./plain-value.ts";
import type { GuestFile } from "./payload.ts";
import { GUEST_PROGRAMS } from "./paths.ts";
import type { AproxySettings, GuestPolicy } from "./settings.ts";
import type { Snap } from "./installed-programs.ts";

export const APROXY_ARM_REVISION = 9;
export const APROXY_AMD_REVISION = 8;

/** The port that aproxy listens on in the runner. */
export const APROXY_PORT = 54969;

const RULES = `${GUEST_PROGRAMS}/aproxy.nft`;
const DEFAULT_PORTS = { "http:": 80, "https:": 443 };

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ADDRESS = `${OCTET}(?:\\.${OCTET}){3}`;
const ADDRESSES = new RegExp(`^${ADDRESS}(?:/(?:3[0-2]|[12]?[0-9])|-${ADDRESS})?$`);
const PORTS = /^[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?$/;
const UPSTREAM = /^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::([1-9][0-9]{0,4}))?$/;

/** Whether aproxy can use a proxy, written as a host or a host and a port. It has no IPv6. */
export function isAproxyUpstream(text: string): boolean {
  return UPSTREAM.test(text);
}

/** The snap in the image. */
export function aproxySnap(arch: "x64" | "arm64"): Snap {
  return {
    name: "aproxy",
    channel: "edge",
    revision: arch === "arm64" ? APROXY_ARM_REVISION : APROXY_AMD_REVISION,
  };
}

/**
 * The nftables rules that send a runner's traffic to aproxy. `$own` is the runner's address; `$direct` are the
 * addresses and ports that aproxy itself, and the policy check, must reach.
 *
 * @throws {@link GuestValueError} for an invalid address or port.
 */
export function aproxyRules({ excludeAddresses, redirectPorts }: AproxySettings): GuestFile {
  for (const addresses of excludeAddresses) {
    if (!ADDRESSES.test(addresses))
      throw new GuestValueError("aproxy-exclude-addresses", "IPv4 addresses, ranges and networks");
  }
  for (const ports of redirectPorts) {
    if (!PORTS.test(ports)) throw new GuestValueError("aproxy-redirect-ports", "ports and ranges of ports");
  }
  const content = `# A second run replaces the first in one step.
table ip aproxy
delete table ip aproxy
table ip aproxy {
  set excluded {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${["127.0.0.0/8", ...excludeAddresses].join(", ")} }
  }
  set redirected {
    type inet_service
    flags interval
    auto-merge${redirectPorts.length > 0 ? `\n    elements = { ${redirectPorts.join(", ")} }` : ""}
  }
  set direct {
    type ipv4_addr . inet_service
    elements = $direct
  }
  chain to_aproxy {
    ip daddr . tcp dport @direct return
    ip daddr @excluded return
    tcp dport @redirected counter dnat to $own:${APROXY_PORT}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump to_aproxy
  }
  chain output {
    type nat hook output priority -100; policy accept;
    jump to_aproxy
  }
}
`;
  return { path: RULES, mode: "0644", owner: "root", content };
}

/**
 * Commands that set aproxy up in a started runner. Names are looked up in it: the proxy may have another address there.
 *
 * @throws {@link GuestValueError} for an upstream that is not a host with a port.
 */
export function aproxyCommands({ upstream }: AproxySettings, policy: GuestPolicy | undefined): string {
  const [, host, port = "80"] = UPSTREAM.exec(upstream) ?? [];
  if (host === undefined) throw new GuestValueError("the proxy of aproxy", "a host, or a host and a port");
  const service = policy && endpointOf(policy.url);
  return `
snap set aproxy proxy=${shellWord(upstream)} listen=:${APROXY_PORT}

direct=
reach_directly() {
  local address kind
  while read -r address kind _; do
    if [ "$kind" = STREAM ]; then direct="$direct$address . $2, "; fi
  done < <(getent ahostsv4 "$1")
}
reach_directly ${shellWord(host)} ${port}
if [ -z "$direct" ]; then
  echo "Cannot find the address of the proxy "${shellWord(host)} >&2
  exit 1
fi
${service ? `reach_directly ${shellWord(service.host)} ${service.port}\n` : ""}own=$(ip -4 route get 192.0.2.1 | sed -n 's/.* src \\([0-9.]*\\).*/\\1/p')
nft --define own="$own" --define direct="{ $direct }" --file ${RULES}
`;
}

function endpointOf(url: string): { readonly host: string; readonly port: number } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return { host: hostname, port: port === "" ? DEFAULT_PORTS[protocol] : Number(port) };
}
