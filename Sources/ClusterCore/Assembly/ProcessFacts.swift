import APIServer
import Glibc
package import Metrics

/// What the kernel knows of this process, in Prometheus' names.
///
/// - SeeAlso: `proc_pid_stat(5)`, `client_golang` `prometheus/process_collector_other.go`.
package enum ProcessFacts {
    package static func write(_ text: inout MetricsText) {
        let fields = stat()
        func number(_ index: Int) -> Double { fields.indices.contains(index) ? Double(fields[index]) ?? 0 : 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        func family(_ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: Double) {
            text.family(name, kind, help)
            text.sample(name, [], value)
        }
        // Positions count from the state, the third field.
        family(
            "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.",
            (number(11) + number(12)) / ticks)
        family("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.", number(20))
        family(
            "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
            number(21) * Double(sysconf(Int32(_SC_PAGESIZE))))
        family(
            "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.",
            bootTime() + number(19) / ticks)
        family("process_open_fds", .gauge, "Number of open file descriptors.", Double(openDescriptors()))
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            family("process_max_fds", .gauge, "Maximum number of open file descriptors.", Double(limit.rlim_cur))
        }
    }

    /// The fields of `/proc/self/stat` behind the name, which may hold anything.
    private static func stat() -> [String] {
        let text = read("/proc/self/stat")
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ").map(String.init)
    }

    private static func bootTime() -> Double {
        let line = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) } ?? 0
    }

    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the directory itself.
        return max(0, count - 3)
    }

    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
