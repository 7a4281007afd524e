#!/bin/bash
# Installs the dependencies and reports what this container lacks.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

bash scripts/with-dependencies.sh node --version
# LXD is missing here by design, so the exit code says nothing.
npm run --silent doctor || true
