# pinhole. `make help` lists the targets.
# Sources, tests, fuzz targets and benchmarks are found by folder: a new file edits no list.

VERSION := 0.1.0
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
JOBS ?= 2
FUZZ_SECONDS ?= 60
FUZZ_LONG_SECONDS ?= 1800
# Folder with the complete reference recordings (golden/, captures/), where there is one. tests/data is enough without.
REFERENCE ?= ../shared

SCENARIOS := ftp irc tftp amanda sane netbios-ns snmp sip pptp h323 antispoof icmp-frag

ROOMS := base net route defrag track nat helper rule engine io
SRC := $(sort $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c src/$(r)/*/*.c)))
CMD := $(sort $(wildcard src/cmd/*.c src/cmd/*/*.c))
HEADERS := $(sort $(wildcard include/pinhole/*.h))
MAN := $(sort $(wildcard docs/man/*.1))
UNITS := $(sort $(wildcard docs/systemd/*.service))
SUPPORT := $(sort $(wildcard tests/support/*.c))
TEST_SRC := $(sort $(wildcard tests/*/test_*.c tests/*/*/test_*.c))
TEST_SCRIPTS := $(sort $(wildcard tests/*/test_*.sh tests/*/test_*.py))
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
BENCH_SRC := $(sort $(wildcard bench/bench_*.c))
# What bench_queue.py has running beside pinhole: programs of their own, without the library.
QUEUE_TOOLS := bench/queue_loop bench/udp_load

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough -Werror
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	$(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS ?= -O2 -g $(HARDEN)
BASE_CFLAGS := -std=c17 -D_GNU_SOURCE -fPIC -fvisibility=hidden -Iinclude -Isrc -DPH_VERSION='"$(VERSION)"'
ALL_CFLAGS := $(BASE_CFLAGS) $(WARN) $(CFLAGS)
TEST_CFLAGS := $(ALL_CFLAGS) -Itests -Wno-unused-parameter
LDLIBS := -lpcap -ljansson -lmnl -lnetfilter_queue
# What the program needs beyond the library: a live firewall gives up its privileges and talks to systemd.
CMD_LIBS := -lcap-ng -lseccomp -lsystemd
HARDEN_LD := -pie -Wl,-z,relro,-z,now

LIB := $(BUILD)/libpinhole.a
BIN := $(BUILD)/pinhole
OBJ := $(SRC:%.c=$(BUILD)/%.o)
CMD_OBJ := $(CMD:%.c=$(BUILD)/%.o)
CMD_LIB := $(BUILD)/cmd.a
SUPPORT_OBJ := $(SUPPORT:%.c=$(BUILD)/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/%.o)
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
# Tests of the program's own files are linked with those as well.
CMD_TEST_BIN := $(filter $(BUILD)/tests/cmd/%,$(TEST_BIN))
SERVER_SRC := $(sort $(wildcard tests/*/*_server.c))
SERVER_BIN := $(SERVER_SRC:%.c=$(BUILD)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(BUILD)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(BUILD)/%)

ASAN := $(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)-asan CFLAGS='-O1 -g $(SANITIZE)' HARDEN_LD=
RUN_TESTS := $(PYTHON) tools/run-tests --results $(BUILD)/results
ASAN_ENV := ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
# Scripts that never start the program need no second run with the sanitized one.
BIN_SCRIPTS = $(if $(TEST_SCRIPTS),$(shell grep -l PINHOLE $(TEST_SCRIPTS)))

.PHONY: all
all: $(BIN)

.PHONY: help
help:
	@echo 'make             the library and the program, in build/'
	@echo 'make setup       install the Debian packages that are missing; make setup-tests: also those that tests need'
	@echo 'make demo        setup, build, and replay a real FTP capture through docs/examples/ftp.policy'
	@echo 'make check       setup-tests, then everything below up to fuzz; ends with the number of tests passed'
	@echo 'make lint        layers, banned calls, sizes, headers, exported symbols, the four parts of a helper'
	@echo 'make tests       unit tests and scripts'
	@echo 'make asan        the same with AddressSanitizer and UBSan, in build-asan/'
	@echo 'make fuzz        every fuzz target, $(FUZZ_SECONDS) seconds in all (FUZZ_SECONDS=N)'
	@echo 'make fuzz-long   the same for $(FUZZ_LONG_SECONDS) seconds'
	@echo 'make bench       packets and connections per second, bytes per connection, allocations per packet'
	@echo 'make bench-queue packets per second and round trips through NFQUEUE, beside the kernel and a bare loop (root)'
	@echo 'make soak        $(SOAK_MINUTES) minutes of pinhole run with sanitizers and $(SOAK_RATE) new connections a second (SOAK_MINUTES=N)'
	@echo 'make install     program, library, headers, pinhole.pc, man pages, systemd unit; PREFIX=$(PREFIX), DESTDIR honoured'
	@echo 'make uninstall   removes what install put there'
	@echo 'make clean       removes build folders'

.PHONY: setup setup-tests
setup:
	@tools/setup

setup-tests:
	@tools/setup tests

# --- library and program ---

$(BIN): $(BUILD)/src/cmd/main.o $(CMD_LIB) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $< $(CMD_LIB) $(LIB) $(LDLIBS) $(CMD_LIBS)

$(LIB): $(OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# lftp against vsftpd, passive then active, recorded on both interfaces of a firewall.
DEMO := tests/data/captures/ftp/lftp-session-v4

.PHONY: demo
demo: setup
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	$(BIN) replay -p docs/examples/ftp.policy $(DEMO:%=eth0=%.eth0.pcap) $(DEMO:%=eth1=%.eth1.pcap)

# --- tests ---

$(BUILD)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# A test or benchmark that needs linker options of its own says so in a line "link: OPTIONS" of its first comment.
OWN_OPTIONS = $$(sed -n 's/^.*link: *\(-[^*]*\).*/\1/p' $*.c | head -n 1)

$(CMD_LIB): $(filter-out %/main.o,$(CMD_OBJ))
	rm -f $@
	$(AR) rcs $@ $^

$(filter-out $(CMD_TEST_BIN),$(TEST_BIN)): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_OBJ) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(LIB) $(OWN_OPTIONS) -lcmocka $(LDLIBS)

$(CMD_TEST_BIN): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_OBJ) $(CMD_LIB) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(CMD_LIB) $(LIB) $(OWN_OPTIONS) -lcmocka $(LDLIBS) $(CMD_LIBS)

# Programs that a test script starts: parts of the program in surroundings of the test's making.
$(SERVER_BIN): $(BUILD)/%: $(BUILD)/%.o $(CMD_LIB) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(CMD_LIB) $(LIB) $(OWN_OPTIONS) $(LDLIBS) $(CMD_LIBS)

.PHONY: test-programs
test-programs: $(BIN) $(TEST_BIN) $(SERVER_BIN)

.PHONY: tests
tests:
	@$(MAKE) --no-print-directory -s -j$(JOBS) test-programs
	@$(RUN_TESTS) --label release $(TEST_BIN)
	@BUILD=$(BUILD) PINHOLE=$(BIN) $(RUN_TESTS) --label release $(TEST_SCRIPTS)
ifneq ($(wildcard $(REFERENCE)/golden),)
	@PINHOLE=$(BIN) $(RUN_TESTS) --label release --args '--golden $(REFERENCE)/golden' tests/compare/compare_golden.py
	@PINHOLE=$(BIN) $(RUN_TESTS) --label release --args '$(SCENARIOS:%=--captures $(REFERENCE)/captures/%)' tests/compare/compare_captures.py
endif

.PHONY: asan
asan:
	@$(ASAN) -s test-programs
	@$(ASAN_ENV) $(RUN_TESTS) --label asan $(TEST_SRC:%.c=$(BUILD)-asan/%)
	@$(ASAN_ENV) PINHOLE=$(BUILD)-asan/pinhole $(RUN_TESTS) --label asan $(BIN_SCRIPTS)

.PHONY: lint
lint:
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(RUN_TESTS) --label lint tools/check-layers tools/check-headers tools/check-helpers
	@$(RUN_TESTS) --label lint --args '$(LIB)' tools/check-symbols

.PHONY: check
check: setup-tests
	@rm -f $(BUILD)/results
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory asan
	@$(MAKE) --no-print-directory fuzz
	@$(PYTHON) tools/run-tests --total $(BUILD)/results

# --- fuzzing: the library and each target with clang, in build-fuzz/ ---

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_BIN)

$(FUZZ_BIN): $(BUILD)/%: %.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(CFLAGS) -fsanitize=fuzzer -Itests -o $@ $< $(LIB) $(LDLIBS)

.PHONY: fuzz
fuzz:
	@$(MAKE) --no-print-directory -s -j$(JOBS) BUILD=$(BUILD)-fuzz CC=$(CLANG) WARN= HARDEN_LD= \
		CFLAGS='-O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link' fuzz-programs
	@$(PYTHON) tools/run-fuzz --results $(BUILD)/results --seconds $(FUZZ_SECONDS) $(FUZZ_SRC:%.c=$(BUILD)-fuzz/%)

.PHONY: fuzz-long
fuzz-long:
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(FUZZ_LONG_SECONDS)

# --- benchmarks ---

$(BENCH_BIN): $(BUILD)/%: %.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(OWN_OPTIONS) $(LDLIBS)

.PHONY: bench-programs
bench-programs: $(BENCH_BIN)

.PHONY: bench
bench:
	@$(MAKE) --no-print-directory -s -j$(JOBS) bench-programs
	@for b in $(BENCH_BIN); do $$b || exit 1; done

$(QUEUE_TOOLS:%=$(BUILD)/%): $(BUILD)/%: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< -lmnl -lnetfilter_queue

.PHONY: bench-queue
bench-queue:
	@$(MAKE) --no-print-directory -s -j$(JOBS) $(BIN) $(QUEUE_TOOLS:%=$(BUILD)/%) $(BUILD)/tests/io/test_queue_probe
	@BUILD=$(BUILD) PINHOLE=$(BIN) $(PYTHON) bench/bench_queue.py

# --- a long run of the live firewall, with sanitizers; needs root ---

SOAK_MINUTES ?= 20
SOAK_RATE ?= 200

.PHONY: soak
soak:
	@$(ASAN) -s all
	@$(ASAN_ENV) PINHOLE=$(BUILD)-asan/pinhole $(PYTHON) tests/run/soak.py --minutes $(SOAK_MINUTES) --rate $(SOAK_RATE)

# --- installation ---

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/pinhole
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/pinhole
	install -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib/libpinhole.a
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/pinhole
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' tools/pinhole.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/pinhole.pc
	chmod 644 $(DESTDIR)$(PREFIX)/lib/pkgconfig/pinhole.pc
ifneq ($(MAN),)
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
endif
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	for unit in $(UNITS); do \
		sed -e 's|/usr/local/bin/|$(PREFIX)/bin/|' $$unit >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} || exit 1; \
		chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} || exit 1; \
	done

.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/pinhole $(DESTDIR)$(PREFIX)/lib/libpinhole.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/pinhole.pc
	rm -f $(HEADERS:include/%=$(DESTDIR)$(PREFIX)/include/%) $(MAN:docs/man/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)
	rm -f $(UNITS:docs/systemd/%=$(DESTDIR)$(PREFIX)/lib/systemd/system/%)
	-rmdir $(DESTDIR)$(PREFIX)/include/pinhole 2>/dev/null

.PHONY: clean
clean:
	rm -rf build build-*

.SECONDARY: $(TEST_OBJ) $(SUPPORT_OBJ)
-include $(OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(SUPPORT_OBJ:.o=.d) $(SERVER_BIN:=.d)
