#!/bin/bash
# This application needs nothing that a minimal system lacks.
echo "-----------------------------"
echo " Finish Install Dependencies"
echo "-----------------------------"
