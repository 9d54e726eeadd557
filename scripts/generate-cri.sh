#!/bin/sh
# Regenerates Sources/CRIgRPC/Generated from Sources/CRIgRPC/Protos. Needs protoc (protobuf-compiler).
set -eu
cd "$(dirname "$0")/.."
swift build --product protoc-gen-swift
plugin=$(swift build --show-bin-path)/protoc-gen-swift
out=Sources/CRIgRPC/Generated
mkdir -p "$out"
protoc --plugin=protoc-gen-swift="$plugin" --swift_out="$out" --swift_opt=Visibility=Internal \
    --swift_opt=UseAccessLevelOnImports=true -I Sources/CRIgRPC/Protos runtime.proto events.proto
