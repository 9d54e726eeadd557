import Glibc

/// One thing to measure.
struct Benchmark {
    /// `json/parse-pod`: subject, then what is done.
    var name: String
    /// Does the work `count` times and returns how many bytes or objects one run handled, nil when that says nothing.
    var run: (_ count: Int) async throws -> Quantity?

    enum Quantity {
        case bytes(Int)
        case items(Int)
    }
}

/// What one benchmark showed.
struct Measurement {
    var name: String
    var runs: Int
    /// Wall time of one run, nanoseconds.
    var nanoseconds: Double
    /// CPU time of one run in this process, all threads, nanoseconds.
    var cpuNanoseconds: Double
    var quantity: Benchmark.Quantity?
    /// Resident at the end, kilobytes.
    var residentKilobytes: Int
}

enum Harness {
    /// Runs until a quarter of a second is filled, five times, and keeps the median.
    static func measure(_ benchmark: Benchmark) async throws -> Measurement {
        var count = 1
        while true {
            let begin = wall()
            _ = try await benchmark.run(count)
            if wall() - begin > 50_000_000 || count >= 1 << 20 { break }
            count *= 2
        }
        var samples: [(wall: Double, cpu: Double)] = []
        var quantity: Benchmark.Quantity?
        for _ in 0..<5 {
            let (begin, cpu) = (wall(), processCPU())
            quantity = try await benchmark.run(count)
            samples.append((Double(wall() - begin) / Double(count), Double(processCPU() - cpu) / Double(count)))
        }
        samples.sort { $0.wall < $1.wall }
        return Measurement(
            name: benchmark.name, runs: count * 5, nanoseconds: samples[2].wall, cpuNanoseconds: samples[2].cpu,
            quantity: quantity, residentKilobytes: resident())
    }

    static func wall() -> UInt64 { time(CLOCK_MONOTONIC) }
    static func processCPU() -> UInt64 { time(CLOCK_PROCESS_CPUTIME_ID) }

    private static func time(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    private static func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }
}

extension Measurement {
    static let header = column("benchmark", 34) + column("time", 12) + column("cpu", 12) + column("rate", 16) + "resident"

    var line: String {
        let rate =
            switch quantity {
            case .bytes(let bytes): Self.decimal(Double(bytes) / nanoseconds * 1000, 1) + " MB/s"
            case .items(let items): Self.decimal(Double(items) / nanoseconds * 1e9, 0) + " /s"
            case nil: ""
            }
        return Self.column(name, 34) + Self.column(Self.duration(nanoseconds), 12)
            + Self.column(Self.duration(cpuNanoseconds), 12) + Self.column(rate, 16) + "\(residentKilobytes / 1024) MB"
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func duration(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1000: decimal(nanoseconds, 0) + " ns"
        case ..<1_000_000: decimal(nanoseconds / 1000, 1) + " us"
        case ..<1_000_000_000: decimal(nanoseconds / 1_000_000, 2) + " ms"
        default: decimal(nanoseconds / 1_000_000_000, 2) + " s"
        }
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        guard places > 0 else { return String(scaled) }
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
