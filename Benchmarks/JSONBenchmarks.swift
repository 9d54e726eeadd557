import JSON

/// Parsing and writing the tree.
enum JSONBenchmarks {
    static var all: [Benchmark] {
        let pod = Fixture.pod(0)
        let bytes = JSONWriter.write(pod)
        let list = JSONWriter.write(["items": .array((0..<1000).map(Fixture.pod))])
        return [
            Benchmark(name: "json/parse-pod") { count in
                for _ in 0..<count { _ = try JSONParser.parse(bytes) }
                return .bytes(bytes.count)
            },
            Benchmark(name: "json/write-pod") { count in
                for _ in 0..<count { _ = JSONWriter.write(pod) }
                return .bytes(bytes.count)
            },
            Benchmark(name: "json/parse-list-of-1000-pods") { count in
                for _ in 0..<count { _ = try JSONParser.parse(list) }
                return .bytes(list.count)
            },
        ]
    }
}
