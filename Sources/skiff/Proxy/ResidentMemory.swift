import CLinux
import Glibc
import Proxy

/// Keeps what the process holds close to what it needs.
enum ResidentMemory {
    private static let interval = Duration.seconds(5)

    /// For a program that computes much now and then, and holds little in between: without this, what a full sync took for a moment stays
    /// (glibc raises its own threshold to the largest block that was ever given back).
    static func keepSmall() { skiff_memory_map_large() }

    /// Gives back after each full sync what it alone took: free memory, and the code that starting up ran. Returns only by
    /// cancellation.
    static func keepSmall(_ syncer: ProxySyncer) async throws {
        var known = 0
        while true {
            try await ContinuousClock().sleep(for: interval)
            let count = await syncer.status.fullSyncCount
            guard count != known else { continue }
            known = count
            skiff_memory_trim()
            releaseCode()
        }
    }

    /// Lets go of the pages of code that this process has touched. They are nobody's memory but the file's, are never written, and come
    /// back from the page cache when they run again.
    private static func releaseCode() {
        guard let maps = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, Int32(line.count), maps) != nil {
            // Executable, not writable, of a file: `55d0c0000000-55d0c1000000 r-xp 00000000 fe:00 1234 /path`.
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let fields = text.split(separator: " ")
            guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { continue }
            // SAFETY: nothing ever wrote these pages, so the file has what they hold.
            madvise(UnsafeMutableRawPointer(bitPattern: ends[0]), Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}
