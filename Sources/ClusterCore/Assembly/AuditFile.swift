import APIServer
import ControlLoop
import Glibc
import Logging
import Store
import Synchronization

/// Appends audit events to a file, a line each, on a thread of its own. Rotation is another program's: the file is opened for
/// appending only.
final class AuditFile: AuditSink {
    /// Lines that wait for the disk. A further one is lost, and the server's log says so once.
    private static let waitingLinesMax = 10_000

    private struct Backlog {
        var lines = 0
        var hasLost = false
    }

    private let queue = BlockingQueue<[UInt8]>()
    private let backlog = Mutex(Backlog())
    private let finished = WakeSignal()
    private let logger: Logger

    /// Created when absent, readable by its owner alone.
    init(path: String, logger: Logger) throws(StoreError) {
        self.logger = logger
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.failed(
                code: Int(errno), message: "cannot open the audit log \(path): \(String(cString: strerror(errno)))")
        }
        startThread { [self] in
            while let lines = queue.take(countMax: 256) {
                Self.append(lines, to: descriptor)
                backlog.withLock { $0.lines -= lines.count }
            }
            Glibc.close(descriptor)
            finished.wake()
        }
    }

    func write(_ line: [UInt8]) {
        let (takes, isFirstLoss) = backlog.withLock { backlog in
            guard backlog.lines >= Self.waitingLinesMax else {
                backlog.lines += 1
                return (true, false)
            }
            defer { backlog.hasLost = true }
            return (false, !backlog.hasLost)
        }
        if takes { _ = queue.append(line) }
        if isFirstLoss {
            logger.error(
                "audit events are lost: the audit log's disk is too slow", metadata: ["waiting": "\(Self.waitingLinesMax)"])
        }
    }

    /// Returns when everything written before stands in the file; nothing may be written afterwards.
    func close() async {
        queue.close()
        await finished.wait()
    }

    /// A full disk loses the lines: requests go on.
    private static func append(_ lines: [[UInt8]], to descriptor: Int32) {
        let bytes = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}
