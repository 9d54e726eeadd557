@preconcurrency import Glibc  // for `stdout`, which Glibc declares as a variable

// swift run -c release Benchmarks [PREFIX...]: runs what begins with one of the prefixes, or everything.
let wanted = Array(CommandLine.arguments.dropFirst())
let all = JSONBenchmarks.all + StoreBenchmarks.all
let chosen = all.filter { one in wanted.isEmpty || wanted.contains { one.name.hasPrefix($0) } }
guard !chosen.isEmpty else {
    print("No benchmark begins with \(wanted.joined(separator: " or ")). There are:")
    all.forEach { print("  \($0.name)") }
    exit(2)
}
setvbuf(stdout, nil, _IOLBF, 0)
print(Measurement.header)
for benchmark in chosen {
    print(try await Harness.measure(benchmark).line)
}
