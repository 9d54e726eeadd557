import Glibc
import Lab
import Testing

@Suite struct LaunchLockTests {
    @Test func `a process that has the lock is known to another one until it ends`() throws {
        let file = "/tmp/skiff-lock-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(file) }
        #expect(LaunchLock.holder(of: file) == nil)
        var begun: [Int32] = [-1, -1]
        try #require(pipe(&begun) == 0)
        let request = ProcessRequest(
            path: "/usr/bin/python3",
            arguments: [
                "python3", "-c",
                """
                import fcntl, os, sys, time
                f = open(sys.argv[1], 'w')
                fcntl.lockf(f, fcntl.LOCK_EX)
                os.write(3, b'x')
                time.sleep(1000)
                """, file,
            ], environment: [:], logFile: "/dev/null")
        var holding = request
        holding.passedDescriptors = [begun[1]]
        let child = try holding.start()
        var byte: UInt8 = 0
        #expect(read(begun[0], &byte, 1) == 1)
        #expect(LaunchLock.holder(of: file) == child)
        #expect(try LaunchLock.take(file) == child)
        kill(child, SIGKILL)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        #expect(LaunchLock.holder(of: file) == nil)
        #expect(try LaunchLock.take(file) == nil)
        for end in begun { close(end) }
    }
}
