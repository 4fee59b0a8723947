#!/bin/sh
# Every recorded scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=168,frames=16898,not_forwarded=919,expectations=805,connections=1714
