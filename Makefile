# make up    builds Skiff, starts a cluster of three nodes and shows it at work
# make test  builds Skiff, checks it, and runs every test
# One build mode for everything: release, with imports checked against Package.swift.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.NOTPARALLEL:

SWIFT_FLAGS := -c release --explicit-target-dependency-import-check error
BIN := .build/release
NODES ?= 3
UP_FLAGS ?=

.PHONY: help up demo down build images install-deps test unit netns e2e check bench golden clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
	@echo "also: build check unit netns e2e bench golden down clean install-deps"

up: build
	@if $(BIN)/skiff status > /dev/null 2>&1; then \
	    echo "the cluster runs already"; $(BIN)/skiff kubeconfig --merge; \
	else \
	    $(BIN)/skiff up --nodes $(NODES) --merge-kubeconfig $(UP_FLAGS); \
	fi
	$(BIN)/skiff demo --manifest examples/hello.yaml

demo:
	$(BIN)/skiff demo --manifest examples/hello.yaml

down:
	$(BIN)/skiff down

install-deps:
	@./scripts/install.sh

# Products first: the demo and the end-to-end test need nothing else. The import check can fail a build that says "complete":
# the exit status counts.
build: install-deps
	swift build $(SWIFT_FLAGS) --product skiff
	swift build $(SWIFT_FLAGS) --product skiff-cni
	@./scripts/images.sh $(BIN)/skiff $(BIN)/images

images:
	@./scripts/images.sh $(BIN)/skiff $(BIN)/images

check: install-deps
	swift format lint --strict --parallel --recursive Sources Tests Benchmarks

test: build check
	@./scripts/test.sh

unit: build
	ONLY=unit ./scripts/test.sh

netns: build
	./netns-tests/run.sh

e2e: build
	./scripts/e2e.sh

bench: install-deps
	swift build $(SWIFT_FLAGS) --product Benchmarks
	$(BIN)/Benchmarks

golden:
	UPDATE_GOLDEN=1 swift test $(SWIFT_FLAGS)
	git diff --stat -- 'Tests/*/Golden' netns-tests/dumps

clean:
	rm -rf .build
