#!/bin/sh
# Every recorded scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=116,frames=10036,not_forwarded=357,expectations=298,connections=1340
