#!/bin/sh
# The vector files of irc, tftp, amanda and sane, and a few random talks of each helper, put to this machine's kernel and to
# $PINHOLE; `tests/helper/kernel_helpers.py --count 20000 --seed N` by hand takes some minutes. Needs root.
exec python3 tests/helper/kernel_helpers.py --vectors --count 150
