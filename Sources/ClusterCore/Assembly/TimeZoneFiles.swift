import API
import Controllers
import Glibc
import Synchronization

/// The machine's time zone database, read once per zone.
final class TimeZoneFiles: Sendable {
    private static let directories = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ"]
    private static let fileBytesMax = 1 << 20

    /// Zones asked for; nil in it: the machine has none of that name.
    private let known = Mutex<[String: TimeZoneRules?]>([:])

    /// Seconds ahead of UTC; nil for a zone that neither the database's list of names nor the machine knows.
    func offset(_ zone: String, _ time: Timestamp) -> Int64? {
        if ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(zone) { return 0 }
        guard TimeZoneName.isWellFormed(zone), TimeZoneName.isKnown(zone) else { return nil }
        let rules = known.withLock { known in
            if let found = known[zone] { return found }
            let read = Self.directories.lazy.compactMap { Self.read("\($0)/\(zone)") }.first
            known[zone] = .some(read)
            return read
        }
        return rules?.offset(at: time)
    }

    private static func read(_ path: String) -> TimeZoneRules? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0, bytes.count < fileBytesMax {
            bytes += buffer[..<count]
        }
        return TimeZoneRules(bytes)
    }
}
