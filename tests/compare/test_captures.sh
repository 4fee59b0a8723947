#!/bin/sh
# Every recorded scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=155,frames=13279,not_forwarded=722,expectations=506,connections=1546
