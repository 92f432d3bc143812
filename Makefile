# Sekisho: plain GNU make, one file, no recursion.
#
#   make                 build/sekisho and build/sekisho-inspector
#   make check           every test; closes with "N passed, N failed"
#   make lint            floors, walls, lengths, headers, format, analysers
#   make check-unit      the unit tests alone
#   make coverage        what the unit tests pass of parsers and queue
#   make fuzz            each fuzzer for FUZZ_SECONDS
#   make crash bench     kill rounds; cost of deciding; comparison with Postfix
#   make bench-held      a full store against an empty one
#   make fresh proof     in a bare root; everything, slowly
#   make install         DESTDIR and prefix are heeded
#
# Knobs, each with a build folder of its own: CC=clang,
# SAN=address|undefined|thread|address,undefined, VALGRIND=1, FAULTS=1, COV=1.

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
AR ?= ar
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif
PKG_CONFIG ?= pkg-config
comma := ,
space := $(subst ,, )
KNOBS := $(filter-out gcc cc,$(notdir $(CC))) $(subst $(comma),+,$(SAN)) \
	$(if $(VALGRIND),valgrind) $(if $(FAULTS),faults) $(if $(COV),coverage) $(if $(FUZZ),fuzz)
O := build$(addprefix /,$(subst $(space),-,$(strip $(KNOBS))))
prefix ?= /usr/local

# ---- flags ---------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wvla -Wundef -Wpointer-arith \
	-Wwrite-strings
HARDEN := -fstack-protector-strong -fPIE
MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64-%,$(MACHINE)),)
HARDEN += -fstack-clash-protection -fcf-protection
else ifneq ($(filter aarch64-%,$(MACHINE)),)
HARDEN += -fstack-clash-protection -mbranch-protection=standard
endif
ifeq ($(SAN)$(VALGRIND)$(COV),)
HARDEN += -D_FORTIFY_SOURCE=3
endif
OPT := -O2 -g
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
CPPFLAGS := -D_GNU_SOURCE -I. -I$(O)/gen
CFLAGS := -std=gnu17 $(OPT) -pthread $(WARN) $(HARDEN)
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,-z,noexecstack \
	-Wl,-z,separate-code -Wl,--as-needed
ifneq ($(SAN),)
CFLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -DSEKISHO_SANITIZED
LDFLAGS += -fsanitize=$(SAN)
endif
ifneq ($(FUZZ),)
CFLAGS += -fsanitize=fuzzer-no-link
CPPFLAGS += -DSEKISHO_FUZZ
endif
ifneq ($(VALGRIND),)
CPPFLAGS += -DSEKISHO_VALGRIND
endif
ifneq ($(filter thread,$(SAN))$(VALGRIND),)
CPPFLAGS += -DSLOW_BUILD
endif
ifneq ($(FAULTS),)
CPPFLAGS += -DSEKISHO_FAULTS
endif
ifneq ($(COV),)
# What an optimizer makes of them are other branches than those written.
CFLAGS += --coverage -O0
LDFLAGS += --coverage
endif

# Foreign libraries, by module; only these modules see their headers.
PKG_connector-base := libcjson
PKG_connector-sys := libevent libevent_openssl libevent_pthreads openssl \
	libsodium libseccomp libcurl libunbound
PKG_connector-mail := libidn2
PKG_connector-conf := yaml-0.1
PKG_connector-store := sqlite3
PKG_connector-extract := gmime-3.0 icu-uc icu-i18n libhs libzip libxml-2.0 \
	zlib mecab
# Packages without a pkg-config file: what to link.
LIBS_mecab := -lmecab

# ---- modules -------------------------------------------------------------

$(shell mkdir -p $(O)/gen)
include $(O)/gen/floors.mk
$(O)/gen/floors.mk: README.md scripts/floors
	@scripts/floors README.md >$@.new && mv $@.new $@

folder = $(patsubst connector-%,connector/%,$(1))
find_c = $(shell find $(1) -name '*.c' 2>/dev/null | LC_ALL=C sort)
described = $(filter-out mecab,$(1))
cflags_of = $(if $(call described,$(1)),$(patsubst -I%,-isystem %,$(shell \
	$(PKG_CONFIG) --cflags $(call described,$(1)))))
libs_of = $(if $(call described,$(1)),$(shell $(PKG_CONFIG) --libs \
	$(call described,$(1)))) $(if $(filter mecab,$(1)),$(LIBS_mecab))
archives = $(patsubst %,$(O)/lib/%.a,$(1))
packages_of = $(sort $(foreach m,$(1),$(PKG_$(m))))

# module NAME: its objects, archive and test runner.
define module
SRC_$(1) := $$(filter-out policy/recipes/%,$$(call find_c,$$(call folder,$(1))))
GEN_$(1) := $$(if $$(wildcard $$(call folder,$(1))/embed.list),\
	$(O)/gen/$(1)_embed.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$(O)/obj/%.o) \
	$$(GEN_$(1):$(O)/gen/%.c=$(O)/obj/gen/%.o)
XCF_$(1) := $$(call cflags_of,$$(PKG_$(1)))
$$(OBJ_$(1)): XCFLAGS := $$(XCF_$(1))
$$(shell mkdir -p $(O)/lib; echo '$$(OBJ_$(1))' | cmp -s - $(O)/lib/$(1).list \
	|| echo '$$(OBJ_$(1))' >$(O)/lib/$(1).list)
$(O)/lib/$(1).a: $$(OBJ_$(1)) $(O)/lib/$(1).list
	@rm -f $$@.$$$$$$$$ && $(AR) rcs $$@.$$$$$$$$ $$(OBJ_$(1)) && \
		mv -f $$@.$$$$$$$$ $$@
TEST_$(1) := $$(call find_c,tests/unit/$$(call folder,$(1)))
TOBJ_$(1) := $$(TEST_$(1):%.c=$(O)/obj/%.o)
$$(TOBJ_$(1)): XCFLAGS := $$(XCF_$(1)) $(CHECK_CFLAGS)
ifneq ($$(TEST_$(1)),)
RUNNERS += $(O)/tests/$(1)
endif
$$(shell mkdir -p $(O)/tests; echo '$$(TOBJ_$(1))' | \
	cmp -s - $(O)/tests/$(1).list || \
	echo '$$(TOBJ_$(1))' >$(O)/tests/$(1).list)
$(O)/gen/$(1)_tests.c: scripts/suites $(O)/tests/$(1).list
	@scripts/suites $(1) $$(filter tests/%,$$(foreach t,$$(TEST_$(1)),\
		$$(if $$(filter test_%,$$(notdir $$(t))),$$(t)))) >$$@
$(O)/obj/gen/$(1)_tests.o: XCFLAGS := $(CHECK_CFLAGS)
$(O)/tests/$(1): $$(TOBJ_$(1)) $(O)/obj/gen/$(1)_tests.o \
		$(O)/lib/$(1).a $$(call archives,$$(LINK_$(1)))
	@echo "  LINK $$@"
	@$(CC) $(LDFLAGS) -o $$@.$$$$$$$$ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$$(call libs_of,$$(call packages_of,$(1) $$(LINK_$(1)))) \
		$(CHECK_LIBS) -lm && mv -f $$@.$$$$$$$$ $$@
DEPS += $$(OBJ_$(1):.o=.d) $$(TOBJ_$(1):.o=.d)
endef
CHECK_CFLAGS := $(call cflags_of,check)
CHECK_LIBS := $(call libs_of,check)
RUNNERS :=
DEPS :=
$(foreach m,$(FLOOR_MODULES),$(eval $(call module,$(m))))

ENGINE := $(filter-out connector-extract connector-inspector,\
	$(LINK_connector-main)) connector-main
INSPECTOR := $(LINK_connector-inspector) connector-inspector
PROGRAMS := $(if $(SRC_connector-main),$(O)/sekisho) \
	$(if $(SRC_connector-inspector),$(O)/sekisho-inspector)

.PHONY: all libs check check-unit tests coverage lint fuzz crash bench bench-held \
	fresh proof install clean assets FORCE
all: $(PROGRAMS) libs
libs: $(call archives,$(FLOOR_MODULES))
tests: $(RUNNERS)

# Outputs are made beside and moved into place: two makes may meet here.
link = @echo "  LINK $@"; $(CC) $(LDFLAGS) -o $@.$$$$ -Wl,--start-group \
	$(filter %.a,$^) -Wl,--end-group \
	$(call libs_of,$(call packages_of,$(1))) -lm && mv -f $@.$$$$ $@
$(O)/sekisho: $(call archives,$(ENGINE))
	$(call link,$(ENGINE))
$(O)/sekisho-inspector: $(call archives,$(INSPECTOR))
	$(call link,$(INSPECTOR))

compile = @mkdir -p $(@D); echo "  CC   $(if $(filter build,$(O)),,$(O): )$<"; \
	$(CC) $(CPPFLAGS) $(CFLAGS) $(XCFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ \
		-c -o $@.$$$$ $< && mv -f $@.$$$$ $@
$(O)/obj/gen/%.o: $(O)/gen/%.c
	$(compile)
$(O)/obj/%.o: %.c
	$(compile)

# The version is compiled into one file; it is remade when the commit changes.
$(shell echo '#define SEKISHO_VERSION "$(VERSION)"' | \
	cmp -s - $(O)/gen/version.h || \
	echo '#define SEKISHO_VERSION "$(VERSION)"' >$(O)/gen/version.h)

# ---- files embedded in the programs --------------------------------------

# Browser files come by lock file; without npm the pages have no style.
ASSETS := build/assets
ifneq ($(wildcard connector/web/assets/package-lock.json),)
ASSETS_STAMP := $(ASSETS)/stamp
$(ASSETS_STAMP): connector/web/assets/package.json \
		connector/web/assets/package-lock.json
	@mkdir -p $(ASSETS)
	@if command -v npm >/dev/null; then \
		cp connector/web/assets/package.json \
			connector/web/assets/package-lock.json $(ASSETS)/ && \
		(cd $(ASSETS) && npm ci --ignore-scripts --no-audit --no-fund \
			--loglevel=error) && touch $@; \
	else \
		echo "npm is not installed: pages are built without style" >&2; \
		touch $@; \
	fi
endif
assets: $(ASSETS_STAMP)

define embed
$(O)/gen/$(1)_embed.c: $$(call folder,$(1))/embed.list scripts/embed \
		$$(shell find $$(call folder,$(1)) -type f -not -name '*.[ch]' \
			-not -path '*/node_modules/*') \
		$(if $(filter connector-main,$(1)),$(wildcard \
			scripts/m365/* scripts/google/* scripts/setup/*)) \
		$(if $(filter connector-web,$(1)),$(ASSETS_STAMP))
	@mkdir -p $$(@D)
	@scripts/embed $$(notdir $$(call folder,$(1))) $$< build >$$@
endef
$(foreach m,$(FLOOR_MODULES),$(if $(GEN_$(m)),$(eval $(call embed,$(m)))))

# ---- tests ---------------------------------------------------------------

check: all $(RUNNERS) load
	@scripts/check --all $(O) $(RUNNERS)
# Races are looked for where threads are: the reader of mails has one, and its
# searches take quadratic time there.
UNIT := $(if $(filter thread,$(SAN)),$(filter-out %/connector-extract,\
	$(RUNNERS)),$(RUNNERS))
# Some tests run the sandboxed program itself.
check-unit: $(UNIT) $(filter %-inspector,$(PROGRAMS))
	@scripts/check --unit $(O) $(UNIT)

LOADS := $(patsubst tests/load/%.c,$(O)/tests/load-%,\
	$(wildcard tests/load/*.c))
.PHONY: load
load: $(LOADS)
$(O)/tests/load-%: tests/load/%.c tests/load/lib/wire.c tests/load/wire.h
	@mkdir -p $(@D); echo "  LOAD $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(call cflags_of,openssl) -o $@.$$$$ \
		$(filter %.c,$^) $(LDFLAGS) $(call libs_of,openssl) && \
		mv -f $@.$$$$ $@

# Fuzzers: clang, address and undefined, in a folder of their own.
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(O)/fuzz/%)
# A fuzzer may use anything; the linker takes what it needs.
FUZZ_MODULES := $(filter-out connector-inspector,$(LINK_connector-main))
$(O)/fuzz/%: tests/fuzz/fuzz_%.c $(call archives,$(FUZZ_MODULES))
	@mkdir -p $(@D); echo "  FUZZ $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(call cflags_of,$(call packages_of,\
		$(FUZZ_MODULES))) -fsanitize=fuzzer -o $@.$$$$ $< $(LDFLAGS) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(call libs_of,$(call packages_of,$(FUZZ_MODULES))) -lm && \
		mv -f $@.$$$$ $@
fuzz:
	@scripts/fuzz $(FUZZ_SECONDS) $(FUZZERS)

coverage:
	@scripts/coverage
lint:
	@scripts/lint
crash:
	@tests/crash/run
# What needs no peer is measured by programs of its own.
BENCHES := $(patsubst tests/bench/%.c,$(O)/tests/bench-%,\
	$(wildcard tests/bench/*.c))
$(O)/tests/bench-%: tests/bench/%.c $(call archives,$(FUZZ_MODULES))
	@mkdir -p $(@D); echo "  BENCH $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(call cflags_of,$(call packages_of,\
		$(FUZZ_MODULES))) -o $@.$$$$ $< $(LDFLAGS) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(call libs_of,$(call packages_of,$(FUZZ_MODULES))) -lm && \
		mv -f $@.$$$$ $@
bench: all load $(BENCHES)
	@for b in $(BENCHES); do $$b || exit 1; done
	@tests/bench/run
bench-held: all load
	@tests/bench/held
fresh:
	@scripts/fresh
proof:
	@scripts/proof

install: all
	@scripts/install "$(DESTDIR)" "$(prefix)" $(O)

clean:
	rm -rf build

-include $(sort $(DEPS))
