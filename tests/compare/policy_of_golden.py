#!/usr/bin/env python3
"""Prints the policy a golden was made under, as pinhole commands.

  policy_of_golden.py GOLDEN.jsonl[.gz]
"""
import sys

import golden

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(golden.policy(golden.read(sys.argv[1])[0]))
