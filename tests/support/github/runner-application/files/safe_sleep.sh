#!/bin/bash
# Waits without the program sleep, which not every machine has.

read -rt "$1" <> <(:) || :
