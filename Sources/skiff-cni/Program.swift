import Glibc

/// The plugin's process.
@main
enum Program {
    static func main() {
        // A closed standard output must be an exit status, not a signal that hides what happened.
        skiff_ignore_broken_pipes()
        let hasOutput = StandardStreams.complete()
        let plugin = Plugin(programName: name, environment: StandardStreams.environment(CNIRequest.variables))
        // VERSION may come without input, and nobody may close it then.
        let wait = plugin.environment["CNI_COMMAND"] == "VERSION" ? 500 : StandardStreams.inputWaitMilliseconds
        let outcome = plugin.run { () throws(CNIFailure) in try StandardStreams.readInput(wait: wait) }
        var delivered = true
        if let notice = outcome.notice { _ = StandardStreams.write(Array(notice.utf8), to: 2) }
        if let output = outcome.output { delivered = StandardStreams.write(output, to: 1) && hasOutput }
        exit(delivered ? outcome.exitStatus : 1)
    }

    /// What the program was called by, without its directory.
    private static var name: String {
        // SAFETY: the arguments stay where they are until the program ends.
        let path = String(cString: skiff_program_path())
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
}
