# xero-run: runs Lua scripts against Xero's Identity API. `make help` says what each target does.

CC = cc
CFLAGS = -O2 -g
LDFLAGS =
PREFIX = /usr/local
DESTDIR =
BUILD = build
LUA = lua5.4
V =
TESTS = tests/peers tests/cli tests/native tests/unit
JOBS = 3
FILTER =
UNITS =
EVERY = 1
TIME = 60
SEED =
WITHOUT =
WITHIN =
LIMIT =

# The project's own flags; CFLAGS and LDFLAGS stay the user's.
LIBRARIES = lua5.4 libcurl libmicrohttpd libssl libcrypto
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
HARDENING = -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
XR_CPPFLAGS = -D_GNU_SOURCE -Isrc $(shell pkg-config --cflags $(LIBRARIES) lua5.4-cjson)
XR_CFLAGS = -std=c11 $(WARNINGS) $(HARDENING) $(XR_CPPFLAGS)
# Debian's Lua C modules take liblua's symbols from the program: hence -Wl,-E.
XR_LDFLAGS = -pie -Wl,-E -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
XR_LIBS = $(shell pkg-config --libs $(LIBRARIES)) -lm
CJSON = $(BUILD)/cjson.a

SOURCES = $(sort $(wildcard src/*.c))
OBJECTS = $(SOURCES:src/%.c=$(BUILD)/%.o) $(BUILD)/embedded.o
MODULES = $(sort $(wildcard lua/xero/*.lua))
COMMANDS = $(sort $(wildcard scripts/commands/*.lua))
EXAMPLES = $(sort $(shell find scripts/examples -type f))
DOCUMENTS = README.md LICENSE $(sort $(wildcard docs/*.md))
STUB = lua/types/xero.lua
# What `xero-run init` writes.
STARTER = $(sort $(shell find scripts/starter -type f))
VERSION = $(shell sed -n 's/^\#define XR_VERSION "\(.*\)"/\1/p' src/version.h)
VERSION_DATE = $(shell sed -n 's/^\#define XR_VERSION_DATE "\(.*\)"/\1/p' src/version.h)
# Made by the program itself, of its own tables and the library's annotations.
MANUALS = $(BUILD)/man/xero-run.1 $(BUILD)/man/xero-run.3lua
COMPLETIONS = $(addprefix $(BUILD)/completion/,bash fish zsh)
MAKERS = $(wildcard scripts/make/*)
ARGPARSE = $(firstword $(wildcard /usr/local/share/lua/5.4/argparse.lua /usr/share/lua/5.4/argparse.lua))
FUZZED = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -DXR_EACH_BLOCK
# What the program of a build that counts is made and linked with; see tests/coverage/marks.c.
COUNTED = $(if $(COUNTER),--coverage)
COUNTER =
SANITIZED = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# A torture in several processes; with EVERY=N only each Nth case.
SHARDS = EVERY=$(EVERY) $(BUILD)/xero-run tests/torture/shards.lua 4

# Of `make proof`: EVERY of one target, as in EVERY.torture-memory=50.
PROOF_EVERY = $(foreach name,$(sort $(filter EVERY.%,$(.VARIABLES))),$(name)=$($(name)))

# What the tests do to a program from outside.
TEST_TOOLS = $(BUILD)/tests/torture/failing.so $(BUILD)/tests/support/proxy

# Says what it makes; with V=1, how.
Q = $(if $(V),,@)

# Debian packages, installed by `deps` where they are missing.
BUILD_PACKAGES = gcc libc6-dev pkgconf lua5.4 liblua5.4-dev lua-cjson-dev lua-argparse \
	libcurl4-openssl-dev libmicrohttpd-dev libssl-dev ca-certificates
TEST_PACKAGES = curl $(DEB_PACKAGES) libsodium23 lua-busted lua-yaml nginx openssl postgresql strace \
	systemd zsh fish $(shell sh -c 'command -v npm >/dev/null || echo npm')
FUZZ_PACKAGES = clang libclang-rt-dev
LINT_PACKAGES = clang-format clang-tidy cppcheck lua-check shellcheck mandoc groff-base lintian \
	$(DEB_PACKAGES)
DEB_PACKAGES = dpkg-dev binutils
BENCH_PACKAGES = jq libnginx-mod-http-js

# What install copies, MODE:FROM:TO. Debian has another directory for zsh.
ZSH_FUNCTIONS = share/zsh/site-functions
INSTALLED = 755:$(BUILD)/xero-run:bin/xero-run \
	644:$(BUILD)/man/xero-run.1:share/man/man1/xero-run.1 \
	644:$(BUILD)/man/xero-run.3lua:share/man/man3/xero-run.3lua \
	644:$(BUILD)/completion/bash:share/bash-completion/completions/xero-run \
	644:$(BUILD)/completion/fish:share/fish/vendor_completions.d/xero-run.fish \
	644:$(BUILD)/completion/zsh:$(ZSH_FUNCTIONS)/_xero-run \
	644:$(STUB):share/xero-run/types/xero.lua \
	$(foreach f,$(EXAMPLES),644:$f:share/xero-run/$(f:scripts/%=%)) \
	$(foreach f,$(DOCUMENTS),644:$f:share/doc/xero-run/$f)

.PHONY: all demo test check lint asan coverage counted mutation bench stub install uninstall deb dist clean deps help

all: $(BUILD)/xero-run $(MANUALS) $(COMPLETIONS) ## build build/xero-run, its manual and completions (the default)

demo: ## install what is missing, build, and clean up the sandbox's tenants before your eyes
	@$(call need,$(BUILD_PACKAGES))
	@$(MAKE) --no-print-directory all
	@scripts/demo.sh $(BUILD)/xero-run

test: ## install what is missing, build, and pass every test
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@$(MAKE) --no-print-directory check

check: all $(TEST_TOOLS) ## run the tests, install nothing (TESTS=FILE... and FILTER=PATTERN choose, JOBS=N at once)
	@XERO_RUN_BIN=$(abspath $(BUILD)/xero-run) \
		$(BUILD)/xero-run tests/run.lua --jobs $(JOBS) $(if $(FILTER),--filter '$(FILTER)') \
			$(wildcard $(TESTS))

.PHONY: check-postgres
check-postgres: all ## run every test of a state in files with one in PostgreSQL
	@XERO_RUN_SAME=all $(MAKE) --no-print-directory check TESTS=tests/peers/postgres_same_spec.lua

asan: ## build with AddressSanitizer, UBSan and LeakSanitizer, and pass every test
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
		$(MAKE) --no-print-directory check BUILD=$(BUILD)/asan CFLAGS='$(SANITIZED)' HARDENING=

coverage: all ## count the lines and branches that the tests reach, in C and in Lua
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@$(MAKE) --no-print-directory counted BUILD=$(BUILD)/coverage CFLAGS='-O0 -g' HARDENING= \
		LUA='$(LUA) tests/coverage/embed.lua' COUNTER='$(BUILD)/coverage/tests/coverage/marks.o \
		-Wl,--wrap=lua_newstate,--wrap=_exit'
	@$(BUILD)/xero-run tests/coverage/run.lua $(BUILD)/coverage

# Counts what all tests reach, from nothing. That they pass is the affair of `make test`: some are
# held to times that this build may not keep.
counted: $(BUILD)/tests/coverage/marks.o
	@$(MAKE) --no-print-directory all
	@rm -f $(BUILD)/*.gcda $(BUILD)/lua.counts
	@truncate -s 131072 $(BUILD)/lua.counts
	@$(BUILD)/xero-run --version >$(BUILD)/version
	@chmod 666 $(BUILD)/*.gcda $(BUILD)/lua.counts # tests run it as another user, too
	-@$(MAKE) --no-print-directory check

mutation: torture-tools ## break the code in some hundred ways, and see that the tests notice each
	@EVERY=$(EVERY) $(BUILD)/xero-run tests/torture/shards.lua 2 tests/mutation/run.lua

lint: ## check the style of C, Lua and sh, and analyze the C statically
	@$(call need,$(BUILD_PACKAGES) $(LINT_PACKAGES))
	@$(MAKE) --no-print-directory --keep-going -j 2 --output-sync $(LINTS)

bench: ## compare CPU, time and memory with a bare libcurl program, in one run (UNITS=NAME...)
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(BENCH_PACKAGES))
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/measure $(BUILD)/tests/bench/bare
	@$(BUILD)/xero-run tests/bench/run.lua $(BUILD)/tests/bench $(UNITS)

# A status that no run ends with; whole stacks, for libraries have no frame pointers.
LEAKS = detect_leaks=1:exitcode=99:verify_asan_link_order=0:fast_unwind_on_malloc=0

# Each of these counts its cases, and fails where one falls short; EVERY=N plays each Nth one only.
TORTURES = store postgres journal plans bulk memory leaks wire hostile race endurance
.PHONY: fuzz proof torture-tools $(addprefix torture-,$(TORTURES))

torture-tools: all $(TEST_TOOLS) $(BUILD)/tests/bench/measure
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES))

torture-store: torture-tools ## kill and fault the store of logins at every system call
	@$(SHARDS) tests/torture/store.lua

# Most of its cases wait for a database that is silent.
torture-postgres: torture-tools ## kill and cut off a login in PostgreSQL at every statement
	@EVERY=$(EVERY) $(BUILD)/xero-run tests/torture/shards.lua 16 tests/torture/store.lua postgresql

torture-journal: torture-tools ## kill and fault the journal at every system call
	@$(SHARDS) tests/torture/journal.lua

torture-plans: torture-tools ## kill and fault saved plans and marks at every system call
	@$(SHARDS) tests/torture/plans.lua

torture-bulk: torture-tools ## end and kill runs that disconnect many, at moments of chance
	@$(SHARDS) tests/torture/bulk.lua

torture-memory: torture-tools ## let each allocation of the whole job fail
	@$(MAKE) --no-print-directory $(BUILD)/blocks/xero-run BUILD=$(BUILD)/blocks \
		CFLAGS='$(CFLAGS) -DXR_EACH_BLOCK'
	@$(SHARDS) tests/torture/memory.lua $(abspath $(BUILD)/tests/torture/failing.so) \
		$(abspath $(BUILD)/blocks/xero-run)

torture-leaks: torture-tools ## look for leaks where each allocation fails
	@$(MAKE) --no-print-directory $(BUILD)/asan/xero-run BUILD=$(BUILD)/asan \
		CFLAGS='$(SANITIZED)' HARDENING=
	@ASAN_OPTIONS=$(LEAKS) LSAN_OPTIONS=suppressions=$(abspath tests/torture/leaks.supp) \
		$(SHARDS) tests/torture/memory.lua $(abspath $(BUILD)/tests/torture/failing.so) \
		$(abspath $(BUILD)/asan/xero-run) leaks

torture-wire: torture-tools ## cut and spoil each answer at every byte
	@$(SHARDS) tests/torture/wire.lua $(abspath $(BUILD)/tests/support/proxy)

torture-hostile: torture-tools ## answer with what is made to take memory
	@$(SHARDS) tests/torture/hostile.lua $(abspath $(BUILD)/tests/bench/measure)

torture-race: torture-tools ## start many at once, and stop holders of locks
	@EVERY=$(EVERY) $(BUILD)/xero-run tests/torture/shards.lua 1 tests/torture/race.lua

torture-endurance: torture-tools ## refresh and disconnect ten thousand times in one run
	@$(BUILD)/xero-run tests/torture/endurance.lua $$((10000 / $(EVERY)))

fuzz: all ## feed each parser bytes of chance for TIME=60 seconds, under the sanitizers
	@$(call need,$(FUZZ_PACKAGES))
	@$(MAKE) --no-print-directory fuzz-programs BUILD=$(BUILD)/fuzz CC=clang CFLAGS='$(FUZZED)' \
		HARDENING=-fPIE
	@$(BUILD)/xero-run tests/fuzz/run.lua $(BUILD)/fuzz $(TIME) $(SEED)

proof: torture-tools ## play all of these, and write what was seen to docs/proof.md
	@$(BUILD)/xero-run tests/proof/run.lua EVERY=$(EVERY) TIME=$(TIME) $(addprefix LIMIT=,$(LIMIT)) \
		$(addprefix WITHIN=,$(WITHIN)) $(addprefix WITHOUT=,$(WITHOUT)) $(PROOF_EVERY)

stub: $(BUILD)/xero-run ## make lua/types/xero.lua anew, the API for editors, of the annotations
	@$(BUILD)/xero-run scripts/make/stub.lua $(MODULES) >$(BUILD)/stub.lua
	@mv $(BUILD)/stub.lua $(STUB)

install: all ## install into $(DESTDIR)$(PREFIX)
	@for file in $(INSTALLED); do \
		IFS=:; set -- $$file; install -D -m $$1 "$$2" "$(DESTDIR)$(PREFIX)/$$3" || exit; \
	done

uninstall: ## remove what install put there
	@for file in $(INSTALLED); do \
		IFS=:; set -- $$file; rm -f "$(DESTDIR)$(PREFIX)/$$3" || exit; \
	done
	@find $(addprefix $(DESTDIR)$(PREFIX)/share/,xero-run doc/xero-run) \
		-depth -type d -empty -delete 2>/dev/null || true

deb: ## make a Debian package in build/deb (DEB_MAINTAINER='Name <address>')
	@$(call need,$(BUILD_PACKAGES) $(DEB_PACKAGES))
	@$(MAKE) --no-print-directory all
	@MAKE='$(MAKE)' scripts/deb/build.sh $(BUILD)/deb $(VERSION) $(VERSION_DATE)
	@ls $(BUILD)/deb/*.deb

dist: ## make build/xero-run-VERSION.tar.gz of what is committed; it builds without git
	@mkdir -p $(BUILD)
	@git archive --prefix=xero-run-$(VERSION)/ HEAD | gzip -9n >$(BUILD)/xero-run-$(VERSION).tar.gz
	@ls $(BUILD)/xero-run-$(VERSION).tar.gz

clean: ## remove everything that was built
	rm -rf $(BUILD)

deps: ## install the Debian packages that building, testing and checking need
	@$(call need,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(LINT_PACKAGES))

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 21
	@echo 'Variables: CC CFLAGS LDFLAGS PREFIX DESTDIR BUILD V=1'

# $(call need,PACKAGES) installs those of them that are missing. It is quiet where none is, and where
# the system has no apt-get: then the build itself says what it misses.
define need
command -v apt-get >/dev/null || exit 0; \
missing=; \
for package in $1; do \
	dpkg-query -W -f '$${db:Status-Abbrev}' $$package 2>/dev/null | grep -q '^ii' \
		|| missing="$$missing $$package"; \
done; \
[ -n "$$missing" ] || exit 0; \
[ "$$(id -u)" = 0 ] || root=sudo; \
echo "installing$$missing"; \
mkdir -p $(BUILD); \
export DEBIAN_FRONTEND=noninteractive; \
$$root apt-get update -qq \
	&& $$root apt-get install -y -qq --no-remove --no-install-recommends $$missing \
		>$(BUILD)/apt.log 2>&1 \
	|| { cat $(BUILD)/apt.log; exit 1; }
endef

# cjson ends the process where it gets no memory: it gets allocators that do so as we would.
$(CJSON): Makefile | $(BUILD)
	@echo $@
	$(Q)objcopy --redefine-sym malloc=xr_need_malloc --redefine-sym realloc=xr_need_realloc \
		"$$($(CC) -print-file-name=liblua5.4-cjson.a)" $@

$(BUILD)/xero-run: $(OBJECTS) $(CJSON)
	@echo $@
	$(Q)$(CC) $(CFLAGS) $(COUNTED) $(XR_LDFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(COUNTER) $(CJSON) \
		$(XR_LIBS)

$(BUILD)/%.o: src/%.c | $(BUILD)
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) -MMD -MP $(CFLAGS) $(COUNTED) -c -o $@ $<

$(BUILD)/embedded.o: $(BUILD)/embedded.c
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<

$(BUILD)/embedded.c: src/embed.lua $(MODULES) $(COMMANDS) $(STUB) $(STARTER) Makefile | $(BUILD)
	@echo $@
	$(Q)$(LUA) src/embed.lua $@ module:argparse=$(ARGPARSE) \
		$(foreach m,$(MODULES),module:$(if $(filter %/init.lua,$m),xero,xero.$(basename $(notdir $m)))=$m) \
		$(foreach c,$(COMMANDS),command:$(basename $(notdir $c))=$c) \
		text:.xero-run/types/xero.lua=$(STUB) \
		text:.luarc.json=scripts/starter/luarc.json \
		$(foreach f,$(filter %.lua,$(STARTER)),text:$(f:scripts/starter/%=%)=$f)

$(BUILD)/man/xero-run.1: $(BUILD)/xero-run $(MAKERS)
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(call make_file,scripts/make/manual.lua scripts/make/xero-run.1 $(VERSION_DATE))

$(BUILD)/man/xero-run.3lua: $(BUILD)/xero-run $(MAKERS)
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(call make_file,scripts/make/manual_api.lua scripts/make/xero-run.3lua $(VERSION_DATE) $(MODULES))

$(BUILD)/completion/%: $(BUILD)/xero-run $(MAKERS)
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(call make_file,scripts/make/completion.lua $*)

# $(call make_file,SCRIPT WORDS...) makes $@ of what the script prints, if it ends well.
define make_file
$(BUILD)/xero-run $1 >$@.new && mv $@.new $@
endef

$(BUILD)/tests/%: tests/%.c
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) $(CFLAGS) $(LDFLAGS) -pie -o $@ $< -Wl,--as-needed $(XR_LIBS)

$(BUILD)/tests/%.so: tests/%.c
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) -fPIC $(CFLAGS) -shared -o $@ $<

.PHONY: fuzz-programs
fuzz-programs: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz-%,$(wildcard tests/fuzz/*.c))

$(BUILD)/fuzz-%: tests/fuzz/%.c $(OBJECTS) $(CJSON)
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) $(CFLAGS) -fsanitize=fuzzer $(XR_LDFLAGS) $(LDFLAGS) -o $@ $< \
		$(filter-out %/main.o,$(OBJECTS)) $(CJSON) $(XR_LIBS)

$(BUILD)/tests/coverage/marks.o: tests/coverage/marks.c
	@mkdir -p $(@D)
	@echo $@
	$(Q)$(CC) $(XR_CFLAGS) -DXR_COUNTS_FILE='"$(abspath $(BUILD)/lua.counts)"' -O2 -g -c -o $@ $<

$(BUILD):
	mkdir -p $@

# What `lint` runs. One file a process for clang-tidy: over several it takes va_list for uninitialized.
C_FILES = $(SOURCES) $(sort $(wildcard tests/*/*.c))
HEADERS = $(sort $(wildcard src/*.h))
LINTS = lint-format lint-lua lint-sh lint-cppcheck lint-tidy lint-analyzer lint-manual lint-deb
.PHONY: $(LINTS)

lint-format:
	$(Q)clang-format --dry-run -Werror $(C_FILES) $(HEADERS)

lint-lua:
	$(Q)luacheck -q lua scripts src tests

lint-sh:
	$(Q)shellcheck .ci/run $(wildcard scripts/*.sh scripts/*/*.sh)

lint-cppcheck:
	$(Q)cppcheck --std=c11 --quiet --error-exitcode=1 --inline-suppr \
		--suppress=missingIncludeSystem --suppress=unknownMacro \
		--suppress=normalCheckLevelMaxBranches --enable=warning,performance,portability \
		-D_GNU_SOURCE -D__linux__ -Isrc $(C_FILES)

# mandoc does not know the section of Lua's modules.
lint-manual: $(MANUALS)
	$(Q)! mandoc -Tlint -W warning $(MANUALS) | grep -v 'unknown manual section: Dt ... 3lua'
	$(Q)! groff -k -mdoc -Tutf8 -ww $(MANUALS) 2>&1 >/dev/null | grep .

lint-deb: all
	$(Q)MAKE='$(MAKE)' scripts/deb/build.sh $(BUILD)/lint-deb $(VERSION) $(VERSION_DATE)
	$(Q)lintian --no-user-dirs --allow-root --suppress-tags initial-upload-closes-no-bugs \
		--fail-on error $(BUILD)/lint-deb/*.deb

lint-tidy: $(C_FILES:%.c=$(BUILD)/tidy/%.ok)

$(BUILD)/tidy/%.ok: %.c $(HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@echo $@
	$(Q)clang-tidy --quiet $< -- -std=c11 $(XR_CPPFLAGS) 2>$@.err || { cat $@.err; exit 1; }
	@touch $@

# Without fd-leak, for which (gcc 13 and later) a dup2 onto stdin or stdout before exec is a leak.
lint-analyzer: $(C_FILES:%.c=$(BUILD)/analyzer/%.o)

$(BUILD)/analyzer/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	@echo $@
	$(Q)gcc -fanalyzer -Wno-analyzer-fd-leak -O1 $(XR_CFLAGS) -c -o $@ $<

-include $(OBJECTS:.o=.d)
