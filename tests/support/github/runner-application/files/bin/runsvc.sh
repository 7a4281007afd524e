#!/bin/bash
# Runs the application as a service.

cd "${BASH_SOURCE[0]%/*}/.." || exit 1
if [ -f .path ]; then PATH=$(<.path) && export PATH; fi
exec ./run.sh
