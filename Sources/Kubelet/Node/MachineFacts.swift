import API
import Glibc

/// What the node is: read once when the kubelet starts.
struct MachineFacts: Hashable, Sendable {
    var cpuCount = 1
    var memoryBytes: Int64 = 0
    var storageBytes: Int64 = 0
    var architecture = "amd64"
    var kernelVersion = ""
    var osImage = ""
    var machineID = ""
    var bootID = ""

    static func read(rootDirectory: String) -> MachineFacts {
        var facts = MachineFacts()
        facts.cpuCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        facts.memoryBytes = memoryTotal(NodeFiles.text("/proc/meminfo") ?? "")
        var disk = statvfs()
        if statvfs(rootDirectory, &disk) == 0 || statvfs("/", &disk) == 0 {
            facts.storageBytes = Int64(disk.f_blocks) * Int64(disk.f_frsize)
        }
        #if arch(arm64)
        facts.architecture = "arm64"
        #endif
        facts.kernelVersion = trimmed("/proc/sys/kernel/osrelease")
        facts.bootID = trimmed("/proc/sys/kernel/random/boot_id")
        facts.machineID = trimmed("/etc/machine-id")
        facts.osImage = prettyName(NodeFiles.text("/etc/os-release") ?? "")
        return facts
    }

    /// `MemTotal` in bytes; zero when it is not there.
    static func memoryTotal(_ text: String) -> Int64 {
        for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) * 1024
        }
        return 0
    }

    static func prettyName(_ text: String) -> String {
        for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).trimming { $0 == "\"" }
        }
        return "Linux"
    }

    private static func trimmed(_ path: String) -> String { (NodeFiles.text(path) ?? "")[...].trimming { $0.isWhitespace } }
}

extension Substring {
    fileprivate func trimming(_ isEdge: (Character) -> Bool) -> String {
        var rest = drop(while: isEdge)
        while let last = rest.last, isEdge(last) { rest.removeLast() }
        return String(rest)
    }
}
