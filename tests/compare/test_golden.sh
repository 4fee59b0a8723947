#!/bin/sh
# Every golden with an ftp connection, record by record; the counts are pinned so that nothing gets lost. Uses $PINHOLE.
exec python3 tests/compare/compare_golden.py --expect goldens=46,records=11135
