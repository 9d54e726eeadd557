import CNI
import Glibc

// A closed standard output must be an exit status, not a signal that hides what happened.
signal(SIGPIPE, SIG_IGN)

let plugin = Plugin(
    programName: CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? "",
    environment: StandardStreams.environment(CNIRequest.variables))
let outcome = plugin.run(input: StandardStreams.readInput)
var delivered = true
if let notice = outcome.notice { _ = StandardStreams.write(Array(notice.utf8), to: 2) }
if let output = outcome.output { delivered = StandardStreams.write(output, to: 1) }
exit(delivered ? outcome.exitStatus : 1)
