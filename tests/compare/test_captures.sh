#!/bin/sh
# Every recorded ftp scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=63,frames=6390,not_forwarded=160,expectations=177,connections=923
