#!/bin/sh
# Installs Prometheus and promtool from the distribution's package, without starting a server: ensure-prometheus.sh
# Exit status 3: they cannot be had here.
set -eu

if command -v promtool >/dev/null && command -v prometheus >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Prometheus is not installed: it needs root and apt-get" >&2
  exit 3
fi
# The package starts a server, which nobody needs here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends prometheus >/dev/null 2>&1; }
if ! install; then
  apt-get update -qq >/dev/null 2>&1 || true
  install || {
    echo "Prometheus cannot be installed: apt-get has no package 'prometheus', or no way to it" >&2
    exit 3
  }
fi
