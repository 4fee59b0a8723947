#!/bin/sh
# What make install puts down is enough to embed the library, and make uninstall takes all of it away again.
# The example program of docs/ is built from the installed headers and library only.
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
unset MAKEFLAGS MAKELEVEL       # a make of its own; $BUILD, if set, is where the library is
passed=0
failed=0

check() { # WHAT COMMAND...
	what=$1
	shift
	if "$@" >"$folder/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$what:"
		cat "$folder/log"
	fi
}

capture=tests/data/captures/ftp/pasv-get-v4.eth0.pcap
root=$folder/root
flags() { sed -n "s|\${prefix}|$root/usr|g; s|\${includedir}|$root/usr/include|g; s|\${libdir}|$root/usr/lib|g; s|^$1: ||p" \
	"$root/usr/lib/pkgconfig/pinhole.pc"; }

check 'make install' make -s install DESTDIR="$root" PREFIX=/usr
for file in bin/pinhole lib/libpinhole.a include/pinhole/engine.h share/man/man1/pinhole.1 lib/systemd/system/pinhole.service; do
	check "$file is not installed" test -s "$root/usr/$file"
done
check 'pinhole.pc has no version' grep -Eq '^Version: [0-9]+\.[0-9]+\.[0-9]+$' "$root/usr/lib/pkgconfig/pinhole.pc"
check 'the unit starts another program' grep -q '^ExecStart=/usr/bin/pinhole run ' "$root/usr/lib/systemd/system/pinhole.service"
# shellcheck disable=SC2046 # lists of options
check 'the example does not build' gcc -std=c17 -Wall -Wextra -Werror $(flags Cflags) -o "$folder/example" docs/example.c $(flags Libs)
check 'the example has 100 lines or more' test "$(wc -l <docs/example.c)" -lt 100
"$folder/example" docs/examples/ftp.policy "$capture" >"$folder/said" 2>&1
check 'the example fails' test $? -eq 0
check 'the example saw no pinhole' grep -q '1 pinholes opened' "$folder/said"
check 'the installed program fails' "$root/usr/bin/pinhole" --version
check 'make uninstall' make -s uninstall DESTDIR="$root" PREFIX=/usr
check 'files are left' test -z "$(find "$root" -type f)"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
