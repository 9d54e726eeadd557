// swift-tools-version: 6.2
// Targets stand in layer order; a layer imports only layers above it in this file. docs/architecture.md has the table.
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A library target of ours; `path` is given where the folder is nested.
func library(
    _ name: String, _ ours: [String] = [], packages: [Target.Dependency] = [], path: String? = nil, exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: ours.map { .target(name: $0) } + packages, path: path, exclude: exclude,
        swiftSettings: strict)
}

/// The suite of one target, in `Tests/<Target>Tests`.
func suite(_ name: String, _ more: [String] = [], packages: [Target.Dependency] = [], resources: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ([name] + more).map { .target(name: $0) } + packages,
        exclude: resources, swiftSettings: strict)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "skiff",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        library("JSON"),
        library("NetworkTypes"),
        library("API", ["JSON", "NetworkTypes"]),
        library("CRI"),
        library("ControlLoop", ["API", "JSON"], packages: [logging]),
        library("HTTP", packages: [nio, nioPosix, nioTLS, nioHTTP1, nioHTTP2, nioSSL, logging]),
        library("GRPC", [], packages: [nio, nioPosix, nioHTTP2, nioHPACK, logging]),
        library("CRIgRPC", ["CRI", "GRPC"], packages: [protobuf, logging], exclude: ["Protos"]),
        library("Kubelet", ["API", "CRI", "ControlLoop", "HTTP", "JSON", "NetworkTypes"], packages: [logging]),
        .target(name: "Support", dependencies: ["JSON", "NetworkTypes", "CLinux"], path: "Tests/Support", swiftSettings: strict),
        suite("GRPC", ["Support"], packages: [nio, nioPosix, nioHTTP2, nioHPACK, logging]),
        suite("CRIgRPC", ["CRI", "GRPC"], packages: [protobuf, logging]),
        suite("Kubelet", ["API", "CRI", "ControlLoop", "HTTP", "JSON", "Support"], packages: [logging]),
        .executableTarget(name: "live", dependencies: ["API","CRI","CRIgRPC","ControlLoop","GRPC","HTTP","JSON","Kubelet",logging], path: "Benchmarks", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
