import APIServer
import Glibc
import Store
import Synchronization

/// Appends audit events to a file, a line each. Rotation is another program's: the file is opened for appending only.
final class AuditFile: AuditSink {
    private let descriptor: Int32
    private let lock = Mutex(())

    /// Created when absent, readable by its owner alone.
    init(path: String) throws(StoreError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.failed(
                code: Int(errno), message: "cannot open the audit log \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// A full disk loses the line: requests go on.
    func write(_ line: [UInt8]) {
        let bytes = line + [UInt8(ascii: "\n")]
        lock.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
    }
}
