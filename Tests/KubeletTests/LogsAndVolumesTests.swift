import API
import JSON
import Testing

@testable import Kubelet

@Suite struct LogFilterTests {
    private let file = """
        2026-11-21T05:00:00.1Z stdout F one
        2026-11-21T05:00:01.1Z stdout P tw
        2026-11-21T05:00:02.1Z stdout F o
        2026-11-21T05:00:03.1Z stderr F three

        """

    private func run(_ options: LogOptions, chunk: Int = 7) -> String {
        var filter = LogFilter(options)
        let bytes = Array(file.utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            result += filter.feed(bytes[start..<min(start + chunk, bytes.count)])
        }
        return String(decoding: result, as: UTF8.self)
    }

    @Test(arguments: [1, 7, 1000])
    func `joins partial lines in any chunking`(chunk: Int) {
        #expect(run(LogOptions(), chunk: chunk) == "one\ntwo\nthree\n")
    }

    @Test func `shows the time once per line`() {
        var options = LogOptions()
        options.timestamps = true
        #expect(
            run(options)
                == "2026-11-21T05:00:00.1Z one\n2026-11-21T05:00:01.1Z two\n2026-11-21T05:00:03.1Z three\n")
    }

    @Test func `leaves out what is older`() {
        var options = LogOptions()
        options.since = Timestamp(parsing: "2026-11-21T05:00:03Z")
        #expect(run(options) == "three\n")
    }

    @Test func `stops at the byte limit`() {
        var options = LogOptions()
        options.limitBytes = 5
        #expect(run(options) == "one\nt")
    }

    @Test(arguments: [(0, 12), (1, 9), (2, 6), (4, 0), (9, 0)])
    func `finds where the last lines begin`(lines: Int, offset: Int) {
        let bytes = Array("aa\nbb\ncc\ndd\n".utf8)
        #expect(LogFilter.tailOffset(size: bytes.count, lines: Int64(lines)) { Array(bytes[$0]) } == offset)
    }
}

@Suite struct VolumePlanTests {
    private func plan(_ volume: JSONValue, tokens: [String: String] = [:]) throws -> VolumePlan {
        let pod = Pod.fixture()
        let fields = DownwardFields(pod: pod, podAddresses: [], nodeAddresses: [])
        let objects = KeyedObjects(configMaps: ["cm": ["a": [1], "b": [2]]], secrets: ["s": ["k": [3]]])
        let paths = PodPaths(KubeletConfiguration(nodeName: "n", nodeAddresses: []), pod)
        return try VolumePlan.plan(Volume(json: volume), paths: paths, fields: fields, objects: objects, tokens: tokens)
    }

    private let base = "/var/lib/kubelet/pods/u1/volumes/kubernetes.io~"

    @Test func `a ConfigMap becomes files, all or the chosen ones`() throws {
        #expect(
            try plan(["name": "v", "configMap": ["name": "cm"]])
                == .files(
                    path: base + "configmap/v", tmpfs: false,
                    [.init(path: "a", bytes: [1], mode: 0o644), .init(path: "b", bytes: [2], mode: 0o644)]))
        #expect(
            try plan(["name": "v", "configMap": ["name": "cm", "items": [["key": "b", "path": "x/y", "mode": 256]]]])
                == .files(path: base + "configmap/v", tmpfs: false, [.init(path: "x/y", bytes: [2], mode: 0o400)]))
    }

    @Test func `a service account's volume joins token, certificate and namespace`() throws {
        let volume: JSONValue = [
            "name": "t",
            "projected": [
                "sources": [
                    ["serviceAccountToken": ["path": "token", "expirationSeconds": 3607]],
                    ["configMap": ["name": "cm", "items": [["key": "a", "path": "ca.crt"]]]],
                    ["downwardAPI": ["items": [["path": "namespace", "fieldRef": ["fieldPath": "metadata.namespace"]]]]],
                ]
            ],
        ]
        #expect(
            try plan(volume, tokens: ["": "T"])
                == .files(
                    path: base + "projected/t", tmpfs: true,
                    [
                        .init(path: "token", bytes: Array("T".utf8), mode: 0o644), .init(path: "ca.crt", bytes: [1], mode: 0o644),
                        .init(path: "namespace", bytes: Array("default".utf8), mode: 0o644),
                    ]))
    }

    @Test func `what is missing or leaves the volume is refused`() {
        #expect(throws: VolumeError.self) { try plan(["name": "v", "secret": ["secretName": "no"]]) }
        #expect(throws: VolumeError.self) {
            try plan(["name": "v", "configMap": ["name": "cm", "items": [["key": "a", "path": "../x"]]]])
        }
        #expect(throws: VolumeError.self) { try plan(["name": "v", "nfs": ["server": "x"]]) }
        #expect(throws: Never.self) { try plan(["name": "v", "secret": ["secretName": "no", "optional": true]]) }
    }
}

@Suite struct VolumeMounterTests {
    @Test func `files change all at once behind one link`() throws {
        let path = "/tmp/skiff-volume-\(UInt64.random(in: 0 ... .max))"
        defer { try? NodeFiles.remove(path) }
        func mount(_ generation: String, _ files: [VolumePlan.File]) throws {
            try VolumeMounter(generation: generation, fsGroup: nil)
                .mount(.files(path: path, tmpfs: false, files), name: "v")
        }
        try mount("1", [.init(path: "a", bytes: [1], mode: 0o644), .init(path: "d/b", bytes: [2], mode: 0o600)])
        #expect(NodeFiles.list(path) == ["..1", "..data", "a", "d"])
        #expect(NodeFiles.read("\(path)/d/b") == [2])
        try mount("2", [.init(path: "a", bytes: [1], mode: 0o644), .init(path: "d/b", bytes: [2], mode: 0o600)])
        #expect(NodeFiles.readLink("\(path)/..data") == "..1")
        try mount("3", [.init(path: "a", bytes: [9], mode: 0o644)])
        #expect(NodeFiles.list(path) == ["..3", "..data", "a"])
        #expect(NodeFiles.read("\(path)/a") == [9])
    }
}
