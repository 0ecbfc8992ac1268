# xero-run: run Lua scripts against Xero's Identity API. `make help` lists the targets.

CC = cc
CFLAGS = -O2 -g
LDFLAGS =
PREFIX = /usr/local
DESTDIR =
BUILD = build
LUA = lua5.4

# The project's own flags; CFLAGS and LDFLAGS stay the user's.
LIBRARIES = lua5.4 libcurl libmicrohttpd libcrypto
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
XR_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) -MMD -MP -Isrc \
	$(shell pkg-config --cflags $(LIBRARIES) lua5.4-cjson)
# Debian's Lua C modules take liblua's symbols from the program: hence -Wl,-E.
XR_LIBS = -Wl,-E -l:liblua5.4-cjson.a $(shell pkg-config --libs $(LIBRARIES)) -lm

SOURCES = $(sort $(wildcard src/*.c))
OBJECTS = $(SOURCES:src/%.c=$(BUILD)/%.o) $(BUILD)/embedded.o
MODULES = $(sort $(wildcard lua/xero/*.lua))
COMMANDS = $(sort $(wildcard scripts/commands/*.lua))
ARGPARSE = $(firstword $(wildcard /usr/share/lua/5.4/argparse.lua /usr/local/share/lua/5.4/argparse.lua))

.PHONY: all clean
all: $(BUILD)/xero-run

$(BUILD)/xero-run: $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(XR_LIBS)

$(BUILD)/%.o: src/%.c | $(BUILD)
	$(CC) $(XR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/embedded.o: $(BUILD)/embedded.c
	$(CC) $(XR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/embedded.c: src/embed.lua $(MODULES) $(COMMANDS) Makefile | $(BUILD)
	$(LUA) src/embed.lua $@ module:argparse=$(ARGPARSE) \
		$(foreach m,$(MODULES),module:$(if $(filter %/init.lua,$m),xero,xero.$(basename $(notdir $m)))=$m) \
		$(foreach c,$(COMMANDS),command:$(basename $(notdir $c))=$c)

$(BUILD):
	mkdir -p $@

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d)
