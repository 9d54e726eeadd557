/// Who answers.
package struct RuntimeVersion: Hashable, Sendable {
    /// `containerd`.
    package var name: String
    package var version: String
    package var apiVersion: String

    package init(name: String, version: String, apiVersion: String) {
        self.name = name
        self.version = version
        self.apiVersion = apiVersion
    }
}

/// One condition of the runtime itself.
package struct RuntimeCondition: Hashable, Sendable {
    /// `RuntimeReady` or `NetworkReady`.
    package var type: String
    package var isMet: Bool
    package var reason: String
    package var message: String

    package init(type: String, isMet: Bool, reason: String = "", message: String = "") {
        self.type = type
        self.isMet = isMet
        self.reason = reason
        self.message = message
    }
}

/// Which streams an exec or attach carries.
package struct StreamOptions: Hashable, Sendable {
    package var stdin: Bool
    package var stdout: Bool
    /// Must be false with `tty`.
    package var stderr: Bool
    package var tty: Bool

    package init(stdin: Bool, stdout: Bool, stderr: Bool, tty: Bool) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.tty = tty
    }
}

package struct ExecResult: Hashable, Sendable {
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    package var exitCode: Int32

    package init(stdout: [UInt8], stderr: [UInt8], exitCode: Int32) {
        self.stdout = stdout
        self.stderr = stderr
        self.exitCode = exitCode
    }
}
