#!/bin/sh
# Every golden, record by record; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_golden.py --expect goldens=163,records=15731
