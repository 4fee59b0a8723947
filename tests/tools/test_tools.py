#!/usr/bin/env python3
"""tools/check-layers, check-symbols, run-tests and setup: each must refuse what it is there to refuse."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# file, its text, what check-layers must say; None: nothing.
SAMPLES = [
    ("src/net/good.c", '#include "net/good.h"\n#include <pinhole/net.h>\n#include "base/cursor.h"\n', None),
    ("src/base/up.c", '#include "net/packet.h"\n', "base may not include net/packet.h"),
    ("src/route/side.c", '#include "track/tuple.h"\n', "route may not include track/tuple.h"),
    ("src/helper/table.c", '#include "track/conn.h"\n', "helper may not include track/conn.h"),
    ("src/helper/tuple.c", '#include "track/tuple.h"\n', None),
    ("src/rule/names.c", '#include "helper/registry.h"\n', None),
    ("src/rule/inside.c", '#include "helper/feed.h"\n', "rule may not include helper/feed.h"),
    ("src/io/engine.c", "#include <pinhole/engine.h>\n", "io may not include pinhole/engine.h"),
    ("src/cmd/inside.c", '#include "base/cursor.h"\n', "cmd may not include base/cursor.h"),
    ("src/cmd/public.c", "#include <pinhole/engine.h>\n", None),
    ("src/net/short.c", '#include "packet.h"\n', "named without its room"),
    ("src/stray.c", "int ph_x;\n", "in no room"),
    ("src/other/a.c", "int ph_x;\n", "no room that check-layers knows"),
    ("src/net/pcap.c", "#include <pcap.h>\n", "<pcap.h> belongs to io"),
    ("include/pinhole/net.h", '#include "net/packet.h"\n', "public headers only"),
    ("include/pinhole/base.h", "#include <pinhole/net.h>\n", "base may not include pinhole/net.h"),
    ("src/net/copy.c", "int f(void)\n{\n\treturn strcpy(a, b);\n}\n", "strcpy() is not allowed in net"),
    ("src/track/clock.c", "int f(void)\n{\n\treturn time (0);\n}\n", "time() is not allowed in track"),
    ("src/io/clock.c", "int f(void)\n{\n\treturn time(0);\n}\n", None),
    ("src/net/heap.c", "int f(void)\n{\n\treturn malloc(1);\n}\n", "malloc() is not allowed in net"),
    ("src/rule/text/heap.c", "int f(void)\n{\n\treturn malloc(1);\n}\n", None),
    ("src/rule/match/heap.c", "int f(void)\n{\n\treturn malloc(1);\n}\n", "malloc() is not allowed in rule"),
    ("src/engine/print.c", "int f(void)\n{\n\treturn printf(x);\n}\n", "printf() is not allowed in engine"),
    ("src/engine/member.c", "int f(void)\n{\n\treturn sink.exit(x) + sink->time(x) + ph_time(x);\n}\n", None),
    ("src/net/words.c", "/* malloc() and strcpy() */\nstatic const char text[] = \"exit(1)\";\n", None),
    ("src/net/long.c", "int f(void)\n{\n" + "\tg();\n" * 58 + "}\n", None),
    ("src/net/longer.c", "int f(void)\n{\n" + "\tg();\n" * 59 + "}\n", "function of 61 lines"),
    ("src/net/file.c", "int x;\n" * 601, "file of 601 lines"),
    ("src/net/five.c", "int f(int a, int b, int (*c)(int, int), int d,\n      int e)\n{\n}\n", None),
    ("src/net/six.c", "int f(int a, int b, int c, int d,\n      int e, int f)\n{\n}\n", "6 parameters"),
    ("src/net/deep.c", "int f(void)\n{\n\tif (a)\n\t\tif (b)\n\t\t\tif (c)\n\t\t\t\tif (d)\n\t\t\t\t\tg();\n}\n", "nested deeper"),
    ("src/net/umlaut.c", "/* \u00fc */\n", "not ASCII"),
    ("src/net/later.c", "/* TO" "DO */\n", "unfinished"),
    ("tests/net/test_blank.c", "int x; \n", "blanks at the end"),
]


class CheckLayers(unittest.TestCase):
    def check(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as sample:
                sample.write(text)
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/check-layers"), root],
                                  stdout=subprocess.PIPE, text=True)
            return done.returncode, done.stdout

    def test_each_sample_is_judged_as_it_should_be(self):
        for path, text, want in SAMPLES:
            with self.subTest(path=path):
                status, output = self.check(path, text)
                self.assertEqual(status, 0 if want is None else 1, output)
                if want is not None:
                    self.assertIn("%s:" % path, output)
                    self.assertIn(want, output)

    def test_a_tree_without_sources_fails(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/check-layers"), root], stdout=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 1)


class CheckSymbols(unittest.TestCase):
    def check(self, source):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a")
            subprocess.run(["gcc", "-fPIC", "-xc", "-c", "-o", path + ".o", "-"], input=source, text=True, check=True)
            subprocess.run(["ar", "rcs", path + ".a", path + ".o"], check=True)
            done = subprocess.run([os.path.join(ROOT, "tools/check-symbols"), path + ".a"], stdout=subprocess.PIPE, text=True)
            return done.returncode, done.stdout

    def test_constant_tables_pass(self):
        self.assertEqual(self.check('const char *const ph_names[] = { "a" };\n')[0], 0)

    def test_writable_data_fails(self):
        for source in ("int ph_x = 1;", "int ph_x;", "_Thread_local int ph_x;", "int ph_f(void) { static int n; return n++; }"):
            with self.subTest(source=source):
                status, output = self.check(source)
                self.assertEqual(status, 1)
                self.assertIn("writable data", output)

    def test_foreign_name_fails(self):
        status, output = self.check("int helper(void) { return 0; }")
        self.assertEqual(status, 1)
        self.assertIn("helper", output)


# what a program prints, its status, (root, CI); the closing line of run-tests
RUNS = [
    ("3 passed, 0 failed", 0, {}, "3 passed, 0 failed, 0 skipped"),
    ("[==========] Running 2 test(s).\n[  PASSED  ] 2 test(s).", 0, {}, "2 passed, 0 failed, 0 skipped"),
    ("[  PASSED  ] 1 test(s).\n[  FAILED  ] 1 test(s), listed below:", 1, {}, "1 passed, 1 failed, 0 skipped"),
    ("", 0, {}, "0 passed, 1 failed, 0 skipped"),
    ("0 passed, 0 failed", 0, {}, "0 passed, 1 failed, 0 skipped"),
    ("2 passed, 0 failed", 1, {}, "2 passed, 1 failed, 0 skipped"),
    ("Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=1)", 1, {}, "2 passed, 2 failed, 0 skipped"),
    ("no tool\n2 passed, 0 failed, 1 skipped", 0, {"CI": "true"}, "2 passed, 1 failed, 0 skipped"),
]


class RunTests(unittest.TestCase):
    def test_each_output_is_counted_as_it_should_be(self):
        for text, status, extra, want in RUNS:
            with self.subTest(text=text), tempfile.TemporaryDirectory() as folder:
                program = os.path.join(folder, "test_sample.py")
                with open(program, "w") as sample:
                    sample.write("import sys\nprint(%r)\nsys.exit(%d)\n" % (text, status))
                done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/run-tests"), program],
                                      stdout=subprocess.PIPE, text=True, env={**os.environ, **extra})
                self.assertEqual(done.stdout.splitlines()[-1], want, done.stdout)
                self.assertEqual(done.returncode, 1 if ", 0 failed" not in want else 0)


class Setup(unittest.TestCase):
    """tools/setup among programs that only write down how they were called."""

    def setup_with(self, installed, *words, **programs):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            for name in ("sh", "grep", "env"):
                os.symlink("/usr/bin/env" if name == "env" else subprocess.check_output(["which", name], text=True).strip(),
                           os.path.join(folder, name))
            programs.setdefault("id", "echo 0")
            programs.setdefault("dpkg-query", "for p; do :; done; case ' %s ' in *\" $p \"*) echo installed ;; esac" % installed)
            for name, body in programs.items():
                if body is not None:
                    path = os.path.join(folder, name.replace("_", "-"))
                    with open(path, "w") as fake:
                        fake.write('#!/bin/sh\necho "%s $*" >>%s\n%s\n' % (os.path.basename(path), log, body))
                    os.chmod(path, 0o755)
            done = subprocess.run([os.path.join(ROOT, "tools/setup"), *words], env={"PATH": folder}, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            open(log, "a").close()
            with open(log) as file:
                calls = [line.rstrip("\n") for line in file if line.startswith(("apt-get", "sudo"))]
            return done.returncode, done.stdout, calls

    ALL = ("gcc libc6-dev make libpcap-dev libjansson-dev libmnl-dev libnetfilter-queue-dev libcap-ng-dev libseccomp-dev "
           "libsystemd-dev libxxhash-dev iptables")
    TESTS = ALL + (" libcmocka-dev python3 clang libclang-rt*-dev ipset iproute2 conntrack nftables vsftpd curl lftp tftpd-hpa tftp-hpa "
                   "ngircd sip-tester sane-utils snmpd snmp samba samba-common-bin pptpd")

    def test_nothing_missing_does_and_says_nothing(self):
        self.assertEqual(self.setup_with(self.ALL, apt_get=""), (0, "", []))

    def test_what_only_tests_need_is_asked_for(self):
        self.assertEqual(self.setup_with(self.TESTS, "tests", apt_get=""), (0, "", []))
        status, output, calls = self.setup_with(self.TESTS.replace("libcmocka-dev ", ""), "tests", apt_get="")
        self.assertEqual((status, output, len(calls)), (0, "setup: installing libcmocka-dev\n", 1))
        self.assertEqual(self.setup_with(self.ALL, "test", apt_get="")[0], 2)

    def test_what_is_missing_is_installed(self):
        status, output, calls = self.setup_with(self.ALL.replace("libpcap-dev ", ""), apt_get="")
        self.assertEqual((status, output), (0, "setup: installing libpcap-dev\n"))
        self.assertEqual(len(calls), 1)
        self.assertTrue(calls[0].startswith("apt-get install -y"))
        self.assertTrue(calls[0].endswith(" libpcap-dev"))

    def test_old_package_lists_are_fetched_anew(self):
        status, _, calls = self.setup_with("", apt_get='case $1 in install) [ -e "$0.updated" ] ;; update) : >"$0.updated" ;; esac')
        self.assertEqual(status, 0)
        self.assertEqual([call.split()[1] for call in calls], ["install", "update", "install"])

    def test_an_install_that_fails_fails(self):
        self.assertNotEqual(self.setup_with("", apt_get="exit 100")[0], 0)

    def test_without_apt_the_packages_are_named(self):
        status, output, _ = self.setup_with("")
        self.assertEqual(status, 1)
        self.assertIn("libpcap-dev", output)

    def test_others_than_root_use_sudo_or_are_told_what_to_run(self):
        status, output, _ = self.setup_with("", apt_get="", id="echo 1000")
        self.assertEqual(status, 1)
        self.assertIn("apt-get install", output)
        status, _, calls = self.setup_with("", apt_get="", id="echo 1000", sudo='"$@"')
        self.assertEqual(status, 0)
        self.assertTrue(calls[0].startswith("sudo env DEBIAN_FRONTEND"))


if __name__ == "__main__":
    unittest.main()
