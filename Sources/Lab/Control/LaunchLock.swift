import Glibc

/// Tells that a `skiff up` is at work on a data directory, and which process it is. The kernel lets go when that process ends.
package enum LaunchLock {
    /// Takes the lock for the rest of this process's life. Blocks for no one.
    ///
    /// - Returns: The process that has it already; nil: it is ours now.
    package static func take(_ file: String) throws(SystemError) -> Int32? {
        // Never closed: that would let go of the lock.
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(file)", errno: errno) }
        var lock = whole(F_WRLCK)
        if fcntl(descriptor, F_SETLK, &lock) == 0 { return nil }
        let refusal = errno
        guard let holder = holder(descriptor) else { throw SystemError("lock \(file)", errno: refusal) }
        return holder
    }

    /// Nil when nobody has it. Not for the process that has it: closing the file lets go of the lock.
    package static func holder(of file: String) -> Int32? {
        let descriptor = open(file, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return holder(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var lock = whole(F_WRLCK)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, Int32(lock.l_type) != F_UNLCK, lock.l_pid > 0 else { return nil }
        return lock.l_pid
    }

    private static func whole(_ type: Int32) -> flock {
        flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
