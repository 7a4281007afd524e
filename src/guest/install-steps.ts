import { aproxySnap } from "./aproxy.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";
import { shellWord } from "./plain-value.ts";
import { installSnap, type WgetExecutable } from "./installed-programs.ts";

/**
 * A non-interactive apt-get that waits for the package lock and fails when an index cannot be downloaded. By default it
 * continues without an index and then finds no package.
 */
const APT_GET =
  "apt-get --yes --quiet -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o APT::Update::Error-Mode=any";

/** Exports the model's proxies for the following commands. */
export function exportProxies({ http, https, noProxy }: ProxySettings): string[] {
  const values = { http_proxy: http, https_proxy: https, no_proxy: noProxy || undefined };
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`export ${name}=${shellWord(value)} ${name.toUpperCase()}=${shellWord(value)}`],
  );
}

/** Upgrades during a job cost time and hold the package lock. */
export const quietSystem = [
  'echo "step: Quieting the system"',
  "for unit in apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service; do",
  '  systemctl mask --quiet "$unit"',
  "done",
  `if dpkg -s unattended-upgrades >/dev/null 2>&1; then ${APT_GET} purge unattended-upgrades; fi`,
];

/** A package that does not exist fails the build; apt-get names it. */
export function installPackages(packages: readonly string[]): string[] {
  return [
    'echo "step: Updating the package lists"',
    `${APT_GET} update`,
    'echo "step: Upgrading packages"',
    `${APT_GET} upgrade`,
    'echo "step: Installing packages"',
    `${APT_GET} install --no-install-recommends -- ${packages.join(" ")}`,
    "apt-get clean",
  ];
}

/**
 * Installed by npm if the image has it, otherwise as a package. An unreachable registry, as on an air-gapped site, must not
 * prevent runners.
 */
export const installYarn = [
  "if command -v npm >/dev/null; then",
  '  echo "step: Installing yarn"',
  "  npm install --global --no-fund --no-audit --fetch-timeout=30000 --fetch-retries=1 yarn ||",
  `    { ${APT_GET} install --no-install-recommends yarnpkg && ln -sf /usr/bin/yarnpkg /usr/local/bin/yarn; } ||`,
  '    echo "step: Going on without yarn, which npm cannot install"',
  "fi",
];

/** Falls back to the package of the same name, which an air-gapped mirror has. */
export function installExecutable({ url, cmd }: WgetExecutable): string[] {
  const path = shellWord(`/usr/local/bin/${cmd}`);
  return [
    "if command -v wget >/dev/null; then",
    `  echo "step: Fetching "${shellWord(cmd)}`,
    `  if wget --quiet --tries=2 --timeout=30 --output-document=${path} -- ${shellWord(url)}; then`,
    `    chmod 755 ${path}`,
    "  else",
    `    rm -f ${path}`,
    `    ${APT_GET} install --no-install-recommends -- ${shellWord(cmd)} ||`,
    `      echo "step: Going on without "${shellWord(cmd)}", which cannot be fetched"`,
    "  fi",
    "fi",
  ];
}

/** snapd does not read the environment, and would keep a configured proxy. */
export function installAproxy(arch: "x64" | "arm64", proxy: ProxySettings | undefined): string[] {
  const settings = [
    ["proxy.http", proxy?.http],
    ["proxy.https", proxy?.https],
  ].filter((setting): setting is [string, string] => setting[1] !== undefined);
  const assignments = settings.map(([name, value]) => shellWord(`${name}=${value}`));
  return [
    'echo "step: Installing aproxy"',
    ...(settings.length > 0 ? [`snap set system ${assignments.join(" ")}`] : []),
    installSnap(aproxySnap(arch)),
    ...(settings.length > 0 ? [`snap unset system ${settings.map(([name]) => name).join(" ")}`] : []),
  ];
}
