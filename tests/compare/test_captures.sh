#!/bin/sh
# Every recorded scenario, with its rules; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_captures.py \
	--expect scenarios=194,frames=17860,not_forwarded=1089,expectations=807,connections=1873
