import Glibc

// Here `Glibc` is CPlugin (see Package.swift): what Swift cannot import from its headers.

var errno: Int32 { skiff_errno() }

func open(_ path: String, _ flags: Int32) -> Int32 { skiff_open(path, flags) }

func fcntl(_ descriptor: Int32, _ command: Int32) -> Int32 { skiff_fcntl(descriptor, command) }

/// Stands for `Synchronization.Mutex` in a program of one thread.
struct Mutex<Value: ~Copyable>: ~Copyable, Sendable {
    // SAFETY: allocated in `init`, freed in `deinit`, and used by the only thread there is.
    private nonisolated(unsafe) let value: UnsafeMutablePointer<Value>

    init(_ value: consuming sending Value) {
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
    }

    borrowing func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(&value.pointee)
    }
}
