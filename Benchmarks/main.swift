@preconcurrency import Glibc  // for `stdout`, which Glibc declares as a variable

// swift run -c release Benchmarks [PREFIX...], or --filter TEXT: runs what begins with one of the prefixes, or contains the text, or
// everything.
let arguments = Array(CommandLine.arguments.dropFirst())
setvbuf(stdout, nil, _IOLBF, 0)
if arguments.count == 2, arguments[0] == APIServerProcess.argument {
    try await APIServerMain.run(directory: arguments[1])
    exit(0)
}
let wanted = arguments.filter { $0 != "--filter" }
let isFilter = wanted.count < arguments.count
func isChosen(_ name: String) -> Bool {
    wanted.isEmpty || wanted.contains { isFilter ? name.lowercased().contains($0.lowercased()) : name.hasPrefix($0) }
}
let all = JSONBenchmarks.all + StoreBenchmarks.all + EtcdBenchmarks.all + DNSBenchmarks.all + PolicyBenchmarks.all
let chosen = all.filter { isChosen($0.name) }
let proxies = ProxyBenchmarks.names.filter(isChosen)
let servers = APIBenchmarks.names.filter(isChosen)
guard !chosen.isEmpty || !servers.isEmpty || !proxies.isEmpty else {
    print("No benchmark is called \(wanted.joined(separator: " or ")). There are:")
    for name in all.map(\.name) + APIBenchmarks.names + ProxyBenchmarks.names { print("  \(name)") }
    exit(2)
}
if !chosen.isEmpty { print(Measurement.header) }
for benchmark in chosen {
    print(try await Harness.measure(benchmark).line)
}
for name in servers { try await APIBenchmarks.run(name) }
for name in proxies { try await ProxyBenchmarks.run(name) }
