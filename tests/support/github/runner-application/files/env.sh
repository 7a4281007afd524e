#!/bin/bash
# Notes the path and the variables of whoever registers the runner; its jobs get them.

touch .env
for name in LANG JAVA_HOME ANT_HOME M2_HOME ANDROID_HOME GRADLE_HOME NVM_BIN LD_LIBRARY_PATH PERL5LIB; do
  if [ -n "${!name:-}" ] && ! grep -q "^$name=" .env; then echo "$name=${!name}" >>.env; fi
done
echo "$PATH" >.path
