# pinhole. `make help` lists the targets.
# Sources are found by room: a new file edits no list.

VERSION := 0.1.0
CC ?= gcc
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build

ROOMS := base net route track helper rule engine io
SRC := $(sort $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c src/$(r)/*/*.c)))
CMD := $(sort $(wildcard src/cmd/*.c))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough -Werror
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection
CFLAGS ?= -O2 -g $(HARDEN)
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -fPIC -fvisibility=hidden $(WARN) -Iinclude -Isrc -DPH_VERSION='"$(VERSION)"' $(CFLAGS)
LDLIBS := -lpcap -ljansson
HARDEN_LD := -pie -Wl,-z,relro,-z,now

LIB := $(BUILD)/libpinhole.a
BIN := $(BUILD)/pinhole
OBJ := $(SRC:%.c=$(BUILD)/%.o)
CMD_OBJ := $(CMD:%.c=$(BUILD)/%.o)

.PHONY: all
all: $(BIN)

$(BIN): $(CMD_OBJ) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $(CMD_OBJ) $(LIB) $(LDLIBS)

$(LIB): $(OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d) $(CMD_OBJ:.o=.d)

.PHONY: clean
clean:
	rm -rf build build-*
