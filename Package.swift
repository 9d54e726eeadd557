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

/// Suites reach what is internal to their target, also in the one build mode that we use.
let testable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"], .when(configuration: .release))]

/// A library target of ours; `path` is given where the folder is nested.
func library(
    _ name: String, _ ours: [String] = [], packages: [Target.Dependency] = [], path: String? = nil, exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: ours.map { .target(name: $0) } + packages, path: path, exclude: exclude,
        swiftSettings: strict + testable)
}

/// The suite of one target, in `Tests/<Target>Tests`.
func suite(_ name: String, _ more: [String] = [], packages: [Target.Dependency] = [], resources: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ([name] + more).map { .target(name: $0) } + packages,
        exclude: resources, swiftSettings: strict)
}

/// The network plugin starts for every pod: it is Embedded Swift without any runtime and without a C library, one module of the
/// sources that it shares with the libraries. What those import of each other is in that module; `Glibc` is CPlugin.
let plugin: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(
        ["-wmo", "-Osize", "-Xfrontend", "-disable-stack-protector", "-suppress-warnings", "-module-alias", "Glibc=CPlugin"]
            + ["CLinux", "CNI", "JSON", "Netlink", "NetworkTypes", "Synchronization"].flatMap {
                ["-module-alias", "\($0)=InPlace\($0)"]
            }),
]

#if arch(arm64)
let unicodeTables = ":../embedded/aarch64-unknown-linux-gnu/libswiftUnicodeDataTables.a"
#else
let unicodeTables = ":../embedded/x86_64-unknown-linux-gnu/libswiftUnicodeDataTables.a"
#endif

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
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
    products: [
        .executable(name: "skiff", targets: ["skiff"]),
        .executable(name: "skiff-cni", targets: ["skiff-cni"]),
    ],
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
        // L0: C declarations and system libraries.
        .target(name: "CLinux"),
        .target(name: "CPlugin", cSettings: [.unsafeFlags(["-ffreestanding", "-fno-stack-protector", "-O2"])]),
        .systemLibrary(name: "CMNL", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CNFTNL", pkgConfig: "libnftnl", providers: [.apt(["libnftnl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // L1: values. No Foundation, no sockets.
        library("JSON"),  // the tree, its parser and writer
        library("NetworkTypes"),  // addresses, prefixes, ports
        library("NFTables", ["NetworkTypes"]),  // rulesets, transactions, packet traces
        library("API", ["JSON", "NetworkTypes"]),  // Kubernetes kinds: schema tables, rules, typed views
        library("Metrics"),  // counts and durations in Prometheus' text
        library("CRI"),  // the container runtime's protocol as values
        library("CEL", ["JSON"]),  // expressions in objects: parsed, checked, evaluated at a bounded cost

        // L2: performers and the frames that performers plug into.
        library("Netlink", ["NetworkTypes", "CLinux"]),  // rtnetlink messages, sockets, namespaces
        library("Netfilter", ["NFTables", "NetworkTypes", "CMNL", "CNFTNL", "CLinux"], packages: [logging]),
        library("ControlLoop", ["API", "JSON"], packages: [logging]),  // caches, queues, controllers; no sockets
        library("YAML", ["JSON"], packages: [yams]),  // YAML text to the JSON tree
        library("PKI", ["JSON"], packages: [x509, asn1, crypto]),  // certificates and signed tokens
        library("HTTP", packages: [nio, nioPosix, nioTLS, nioHTTP1, nioHTTP2, nioSSL, logging]),
        library("Streaming", ["HTTP", "CZlib"], packages: [logging]),  // WebSocket and SPDY channels
        library("APIClient", ["API", "ControlLoop", "HTTP", "JSON", "YAML"], packages: [logging]),
        library("GRPC", [], packages: [nio, nioPosix, nioHTTP2, nioHPACK, nioSSL, logging]),  // a small client: calls and streams
        library("CRIgRPC", ["CRI", "GRPC"], packages: [protobuf, logging], exclude: ["Protos"]),

        // L3: the parts of the product. None imports another, Lab apart.
        library("Machinery", ["API", "CEL", "JSON"], path: "Sources/ClusterCore/Machinery"),
        library("Store", ["CSQLite"], packages: [logging], path: "Sources/ClusterCore/Store"),
        library("EtcdStore", ["GRPC", "Store"], packages: [logging]),  // the same interface over an etcd v3 cluster
        library(
            "APIServer",
            [
                "API", "CEL", "CZlib", "ControlLoop", "HTTP", "JSON", "Machinery", "Metrics", "NetworkTypes", "PKI", "Store",
                "Streaming", "YAML",
            ],
            packages: [logging], path: "Sources/ClusterCore/APIServer"),
        library(
            "Controllers", ["API", "ControlLoop", "JSON", "NetworkTypes"], packages: [logging],
            path: "Sources/ClusterCore/Controllers"),
        library("Scheduler", ["API", "ControlLoop", "JSON"], packages: [logging], path: "Sources/ClusterCore/Scheduler"),
        library(
            "ClusterCore",
            [
                "API", "APIServer", "ControlLoop", "Controllers", "HTTP", "JSON", "Machinery", "Metrics",
                "NetworkTypes", "PKI", "Scheduler", "Store",
            ],
            packages: [logging], path: "Sources/ClusterCore/Assembly"),
        library("Proxy", ["API", "ControlLoop", "JSON", "Metrics", "NFTables", "NetworkTypes"], packages: [logging]),
        library("Policy", ["API", "ControlLoop", "JSON", "Metrics", "NFTables", "NetworkTypes"], packages: [logging]),
        library("DNS", ["API", "CLinux", "ControlLoop", "JSON", "Metrics", "NetworkTypes"], packages: [logging]),
        library("CNI", ["JSON", "Netlink", "NetworkTypes"]),  // no package: the plugin is a small static program
        library(
            "NodeNetwork", ["API", "ControlLoop", "JSON", "Metrics", "NFTables", "Netlink", "NetworkTypes"],
            packages: [logging]),
        library("Kubelet", ["API", "CRI", "ControlLoop", "HTTP", "JSON", "NetworkTypes"], packages: [logging]),
        library("Lab", ["CLinux", "CZlib", "HTTP", "JSON", "NetworkTypes", "Netlink"], packages: [logging]),

        library(
            "PolicyLab", ["API", "CLinux", "JSON", "NFTables", "Netlink", "NetworkTypes", "Policy", "YAML"],
            packages: [logging]),  // pods as namespaces: `skiff netpol`

        // L4: the programs.
        .executableTarget(
            name: "skiff",
            dependencies: [
                "API", "APIClient", "APIServer", "CLinux", "CNI", "CRI", "CRIgRPC", "ClusterCore", "ControlLoop", "DNS",
                "EtcdStore", "GRPC", "HTTP", "JSON", "Kubelet", "Lab", "Metrics", "NFTables", "Netfilter", "Netlink",
                "NetworkTypes",
                "NodeNetwork", "PKI", "Policy", "PolicyLab", "Proxy", "Store", "Streaming", "YAML",
                logging, arguments, nio, nioPosix,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "skiff-cni", dependencies: ["CPlugin"],
            exclude: ["FreshThread", "NetworkNamespace+Pin", "NetworkNamespace+Thread"].map {
                "Parts/Netlink/Namespace/\($0).swift"
            },
            swiftSettings: plugin,
            linkerSettings: [
                .unsafeFlags(["-enable-experimental-feature", "Embedded", "-use-ld=lld", "-nostartfiles"]),
                .unsafeFlags(["-nostdlib", "-static", "-Wno-unused-command-line-argument"].flatMap { ["-Xclang-linker", $0] }),
                .linkedLibrary(unicodeTables),
            ]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "API", "ClusterCore", "ControlLoop", "DNS", "EtcdStore", "GRPC", "HTTP", "JSON", "NFTables", "Netfilter",
                "NetworkTypes", "PKI", "Policy", "Proxy", "Store", logging,
            ],
            path: "Benchmarks", swiftSettings: strict),

        // Suites.
        .target(name: "Support", dependencies: ["JSON", "NetworkTypes", "CLinux"], path: "Tests/Support", swiftSettings: strict),
        suite("JSON", ["Support"]),
        suite("NetworkTypes", ["Support"]),
        suite("NFTables", ["NetworkTypes", "Support"]),
        suite("Metrics"),
        suite("API", ["JSON", "Support"]),
        suite("CEL", ["JSON", "Support"]),
        suite("Netlink", ["NetworkTypes", "CLinux", "Support"]),
        suite("Netfilter", ["NFTables", "NetworkTypes", "CLinux", "Support"], packages: [logging], resources: ["Golden"]),
        suite("ControlLoop", ["API", "JSON", "Support"], packages: [logging]),
        suite("YAML", ["JSON"]),
        suite("PKI"),
        suite("HTTP", packages: [logging]),
        suite("Streaming", ["HTTP", "Support"], packages: [logging]),
        suite("APIClient", ["API", "ControlLoop", "HTTP", "JSON", "Support"], packages: [logging]),
        suite("GRPC", ["Support"], packages: [nio, nioPosix, nioHTTP2, nioHPACK, logging]),
        suite("CRIgRPC", ["CRI", "GRPC"], packages: [protobuf, logging]),
        suite("Machinery", ["API", "JSON", "Support"]),
        suite("Store", ["CLinux", "CSQLite", "EtcdStore", "GRPC", "Support"], packages: [logging]),
        suite(
            "APIServer",
            [
                "API", "CEL", "CZlib", "HTTP", "JSON", "Machinery", "Metrics", "NetworkTypes", "PKI", "Store", "Streaming",
                "Support", "YAML",
            ],
            packages: [logging]),
        suite("Controllers", ["API", "ControlLoop", "JSON", "NetworkTypes", "Support"], packages: [logging]),
        suite("Scheduler", ["API", "ControlLoop", "JSON", "Support"], packages: [logging]),
        suite(
            "ClusterCore", ["API", "EtcdStore", "HTTP", "JSON", "NetworkTypes", "PKI", "Store", "Streaming", "Support"],
            packages: [logging]),
        suite(
            "Proxy", ["API", "ControlLoop", "JSON", "NFTables", "Netfilter", "NetworkTypes", "Support"], packages: [logging],
            resources: ["Golden"]),
        suite(
            "Policy", ["API", "ControlLoop", "JSON", "NFTables", "Netfilter", "NetworkTypes", "Support"],
            packages: [logging]),
        suite("DNS", ["API", "CLinux", "ControlLoop", "JSON", "NetworkTypes", "Support"], packages: [logging]),
        suite("PolicyLab", ["API", "JSON", "NFTables", "NetworkTypes", "Policy", "Support", "YAML"], packages: [logging]),
        suite("CNI", ["JSON", "Netlink", "NetworkTypes", "CLinux", "Support"]),
        suite(
            "NodeNetwork", ["API", "ControlLoop", "JSON", "NFTables", "Netlink", "NetworkTypes", "Support"], packages: [logging]),
        suite("Kubelet", ["API", "CRI", "ControlLoop", "HTTP", "JSON", "Support"], packages: [logging]),
        suite("Lab", ["HTTP", "JSON", "NetworkTypes", "Netlink", "Support"]),
        .testTarget(name: "TidyTests", dependencies: ["Support"], exclude: ["ratchet.txt"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
