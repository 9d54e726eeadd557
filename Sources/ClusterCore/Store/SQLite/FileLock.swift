import Glibc

/// Keeps a second process away from a database, for as long as this value lives.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes `PATH.lock`; it goes with the process, also when that is killed.
    init(path: String) throws(StoreError) {
        descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.failed(code: Int(errno), message: "cannot open \(path).lock: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError.locked(path: path)
        }
    }

    /// Lets go before the value does; the descriptor itself goes with the value.
    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
