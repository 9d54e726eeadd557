import Glibc
import JSON
import Testing

@testable import CNI
@testable import Netlink

/// The answers of the reference plugins to wrong input, asked of the built binary.
@Suite(.enabled(if: PluginBinary.isRunnable, "needs root and the built skiff-cni"))
struct PluginErrorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var code: Int64
        var changes: [String: String?] = [:]
        var input = CNIRequestTests.configuration
        /// Must occur in the message.
        var mention = ""
    }

    static let cases = [
        Case(testDescription: "unknown command", code: 4, changes: ["CNI_COMMAND": "FROB"], mention: "FROB"),
        Case(testDescription: "no container id", code: 4, changes: ["CNI_CONTAINERID": nil], mention: "CNI_CONTAINERID"),
        Case(testDescription: "empty container id", code: 4, changes: ["CNI_CONTAINERID": ""], mention: "CNI_CONTAINERID"),
        Case(testDescription: "no namespace", code: 4, changes: ["CNI_NETNS": nil], mention: "CNI_NETNS"),
        Case(
            testDescription: "two variables missing", code: 4, changes: ["CNI_IFNAME": nil, "CNI_PATH": nil],
            mention: "[CNI_IFNAME,CNI_PATH]"),
        Case(testDescription: "container id that leaves its folder", code: 4, changes: ["CNI_CONTAINERID": "../x"]),
        Case(testDescription: "interface name of 16 characters", code: 4, changes: ["CNI_IFNAME": "abcdefghijklmnop"]),
        Case(testDescription: "interface name with a slash", code: 4, changes: ["CNI_IFNAME": "a/b"]),
        Case(testDescription: "empty input", code: 6, input: ""),
        Case(testDescription: "truncated input", code: 6, input: #"{"cniVersion":"1.0.0","name":"#),
        Case(testDescription: "array as input", code: 6, input: "[]"),
        Case(testDescription: "no network name", code: 7, input: #"{"cniVersion":"1.0.0","type":"skiff-cni"}"#),
        Case(testDescription: "bad network name", code: 7, input: #"{"cniVersion":"1.0.0","name":"a/b"}"#),
        Case(testDescription: "unknown version", code: 1, input: #"{"cniVersion":"9.9.9","name":"n"}"#),
        Case(testDescription: "no ranges", code: 7, input: #"{"cniVersion":"1.0.0","name":"n"}"#),
        Case(testDescription: "missing namespace path", code: 999, changes: ["CNI_NETNS": "/run/netns/no-such-namespace"]),
        Case(testDescription: "namespace path is a plain file", code: 999, changes: ["CNI_NETNS": "/etc/hostname"]),
        Case(testDescription: "the host's own namespace", code: 8, changes: ["CNI_NETNS": "/proc/self/ns/net"]),
        Case(testDescription: "unknown argument", code: 999, changes: ["CNI_ARGS": "FOO=BAR"]),
        Case(testDescription: "address outside the range", code: 999, changes: ["CNI_ARGS": "IP=10.9.9.9"]),
        Case(testDescription: "CHECK without prevResult", code: 999, changes: ["CNI_COMMAND": "CHECK"]),
        Case(
            testDescription: "CHECK before 0.4.0", code: 1, changes: ["CNI_COMMAND": "CHECK"],
            input: #"{"cniVersion":"0.3.1","name":"n","prevResult":{}}"#),
        Case(
            testDescription: "GC before 1.1.0", code: 1, changes: ["CNI_COMMAND": "GC"],
            input: #"{"cniVersion":"1.0.0","name":"n"}"#),
        Case(
            testDescription: "STATUS before 1.1.0", code: 1, changes: ["CNI_COMMAND": "STATUS"],
            input: #"{"cniVersion":"1.0.0","name":"n"}"#),
        Case(
            testDescription: "STATUS without ranges", code: 50, changes: ["CNI_COMMAND": "STATUS"],
            input: #"{"cniVersion":"1.1.0","name":"n"}"#),
    ]

    @Test(arguments: cases)
    func `answers wrong input with the specification's code, before it touches anything`(case example: Case) throws {
        let host = try NetworkNamespace.create()
        var environment = CNIRequestTests.environment
        for (key, value) in example.changes { environment[key] = value }
        let outcome = try PluginBinary(host: host).run(environment, example.input)
        #expect(outcome.exitStatus == 1)
        #expect(outcome.code == example.code, "\(outcome.output)")
        #expect(outcome.json?["cniVersion"]?.string.flatMap(CNIVersion.init(rawValue:)) != nil)
        #expect(outcome.json?["msg"]?.string?.contains(example.mention) == true)
        #expect(outcome.notice.isEmpty)
        #expect(try host.openSocket().links().map(\.name) == ["lo"])
    }

    @Test(arguments: ["", "/run/netns/no-such-namespace", "/etc/hostname"])
    func `deletes what is not there, wherever it is not`(namespace: String) throws {
        let plugin = PluginBinary(host: try NetworkNamespace.create())
        for input in [CNIRequestTests.configuration, #"{"cniVersion":"0.4.0","name":"renamed","prevResult":{"x":1}}"#] {
            let outcome = try plugin.run("DEL", namespace, input)
            #expect(outcome.exitStatus == 0, "\(outcome.output)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func `introduces itself on standard error when no command is given`() throws {
        let outcome = try PluginBinary(host: try NetworkNamespace.create()).run([:], "")
        #expect(outcome.exitStatus == 0)
        #expect(outcome.output.isEmpty)
        #expect(outcome.notice.contains("1.1.0"))
    }

    @Test(arguments: ["", #"{"cniVersion":"1.0.0"}"#])
    func `lists its versions with and without input`(input: String) throws {
        let outcome = try PluginBinary(host: try NetworkNamespace.create()).run(["CNI_COMMAND": "VERSION"], input)
        #expect(outcome.exitStatus == 0)
        #expect(
            outcome.json?["supportedVersions"]?.array?.compactMap(\.string) == [
                "0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0",
            ])
    }

    @Test func `takes a configuration of a megabyte`() throws {
        let padding = String(repeating: "x", count: 1 << 20)
        let outcome = try PluginBinary(host: try NetworkNamespace.create()).run(
            "DEL", "", #"{"cniVersion":"1.0.0","name":"n","padding":"\#(padding)"}"#)
        #expect(outcome.exitStatus == 0, "\(outcome.output)")
    }
}
