#!/bin/sh
# Every recorded scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=145,frames=12859,not_forwarded=676,expectations=478,connections=1474
