import Glibc

/// Makes the write-ahead log as large as it gets between two checkpoints, so that a commit overwrites blocks that the file
/// system knows already: syncing those costs one write of data, where a growing file costs a write of its own journal too.
///
/// SQLite takes frames behind the last commit for none: their checksums do not fit.
enum WriteAheadFile {
    /// Pages between checkpoints, and what each takes in the log.
    static let pagesMax = 2000
    private static let frameBytes = 4096 + 24
    private static let headerBytes = 32
    private static let chunkBytes = 256 * 1024

    /// Writes zeros behind the end of the log of the database at `path`. What fails costs speed, nothing else.
    ///
    /// Called by the one thread that writes, between two transactions. SQLite holds no lock on the log itself, so that closing
    /// another descriptor of it releases none.
    static func extend(_ path: String) {
        let file = open(path + "-wal", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { return }
        var offset = Int(facts.st_size)
        let end = headerBytes + (pagesMax + pagesMax / 8) * frameBytes
        let zeros = [UInt8](repeating: 0, count: chunkBytes)
        while offset < end {
            let written = pwrite(file, zeros, min(chunkBytes, end - offset), offset)
            guard written > 0 else { return }
            offset += written
        }
        fdatasync(file)
    }
}
