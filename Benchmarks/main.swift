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
let all = JSONBenchmarks.all + StoreBenchmarks.all + DNSBenchmarks.all + PolicyBenchmarks.all
let chosen = all.filter { isChosen($0.name) }
let proxies = ProxyBenchmarks.names.filter(isChosen)
let stores = EtcdBenchmarks.names.filter(isChosen)
let failovers = EtcdFailoverBenchmark.names.filter(isChosen)
let servers = APIBenchmarks.names.filter(isChosen)
guard !chosen.isEmpty || !servers.isEmpty || !stores.isEmpty || !failovers.isEmpty || !proxies.isEmpty else {
    print("No benchmark is called \(wanted.joined(separator: " or ")). There are:")
    let others = EtcdBenchmarks.names + EtcdFailoverBenchmark.names + APIBenchmarks.names + ProxyBenchmarks.names
    for name in all.map(\.name) + others { print("  \(name)") }
    exit(2)
}
if !chosen.isEmpty { print(Measurement.header) }
for benchmark in chosen {
    print(try await Harness.measure(benchmark).line)
}
for name in stores { try await EtcdBenchmarks.run(name) }
for name in failovers { try await EtcdFailoverBenchmark.run(name) }
for name in servers { try await APIBenchmarks.run(name) }
for name in proxies { try await ProxyBenchmarks.run(name) }
