import API
import Glibc
import NetworkTypes
import Support
import Testing

@testable import DNS

@Suite struct WireTests {
    static func verdict(_ bytes: [UInt8]) -> Request.Verdict {
        var request = Request()
        return bytes.withUnsafeBytes { request.read($0) }
    }

    static let question = Request.message(id: 9, name("web.default.svc.cluster.local"), .a)

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var verdict: Request.Verdict
        var bytes: [UInt8]

        init(_ description: String, _ verdict: Request.Verdict, _ change: (inout [UInt8]) -> Void) {
            testDescription = description
            self.verdict = verdict
            bytes = WireTests.question
            change(&bytes)
        }
    }

    static let rows: [Row] = [
        Row("a question", .question) { _ in },
        Row("nothing", .drop) { $0 = [] },
        Row("less than a header", .drop) { $0 = Array($0[..<11]) },
        Row("an answer", .drop) { $0[2] |= 0x80 },
        Row("an update", .refuse(.notImplemented, echoesQuestion: false)) { $0[2] = 5 << 3 },
        Row("a notice", .refuse(.notImplemented, echoesQuestion: false)) { $0[2] = 4 << 3 },
        Row("no question", .refuse(.formatError, echoesQuestion: false)) { $0[5] = 0 },
        Row("two questions", .refuse(.formatError, echoesQuestion: false)) { $0[5] = 2 },
        Row("a question with an answer", .refuse(.formatError, echoesQuestion: false)) { $0[7] = 1 },
        Row("a header alone", .refuse(.formatError, echoesQuestion: false)) { $0 = Array($0[..<12]) },
        Row("a name that ends with the message", .refuse(.formatError, echoesQuestion: false)) { $0 = Array($0[..<20]) },
        Row("a name without type", .refuse(.formatError, echoesQuestion: false)) { $0 = Array($0[..<43]) },
        Row("a name that points to itself", .refuse(.formatError, echoesQuestion: false)) {
            $0.replaceSubrange(12..<14, with: [0xc0, 12])
        },
        Row("a label of 64 bytes", .refuse(.formatError, echoesQuestion: false)) { $0[12] = 64 },
        Row("a label of an unknown sort", .refuse(.formatError, echoesQuestion: false)) { $0[12] = 0x80 },
        Row("two OPT records", .refuse(.formatError, echoesQuestion: true)) {
            $0[11] = 2
            $0 += $0.suffix(11)
        },
        Row("an OPT record that is cut off", .refuse(.formatError, echoesQuestion: true)) { $0.removeLast() },
        Row("an OPT record with a name", .refuse(.formatError, echoesQuestion: true)) {
            $0.replaceSubrange(($0.count - 11)..<($0.count - 10), with: [1, 97, 0])
        },
        Row("a version of EDNS to come", .refuse(.badVersion, echoesQuestion: true)) { $0[$0.count - 5] = 1 },
        Row("something behind the end", .question) { $0 += [1, 2, 3] },
    ]

    @Test(arguments: rows)
    func `reads what it can and refuses the rest`(row: Row) { #expect(Self.verdict(row.bytes) == row.verdict) }

    @Test func `answers refusals with the right code`() throws {
        let fixture = Fixture.cluster()
        func code(_ change: (inout [UInt8]) -> Void) throws -> ResponseCode? {
            var message = Self.question
            change(&message)
            let (outcome, bytes) = fixture.outcome(message, from: Client(address("10.244.9.9"), .udp))
            guard case .reply(_, let code) = outcome else { return nil }
            #expect(bytes[..<2] == message[..<2])
            #expect(bytes[2] & 0x80 != 0)
            return code
        }
        let type = Self.question.count - 11 - 3
        #expect(try code { $0[type + 2] = 3 } == .refused)
        #expect(try code { $0[type + 2] = 255 } == .refused)
        #expect(try code { $0[type] = 252 } == .refused)
        #expect(try code { $0[type] = 251 } == .refused)
        #expect(try code { $0[type] = 41 } == .formatError)
        #expect(try code { $0[type] = 254 } == .notImplemented)
        #expect(try code { $0[2] = 5 << 3 } == .notImplemented)
        #expect(try code { $0[$0.count - 5] = 1 } == .badVersion)
    }

    @Test(arguments: [0, 300, 512, 1232, 4096, 65535] as [UInt16])
    func `cuts UDP answers to what the client takes and TCP answers not`(payload: UInt16) throws {
        let fixture = Fixture.cluster()
        let endpoints = (0..<100).map { Endpoint(addresses: ["10.244.7.\($0)"]) }
        fixture.model.serviceSeen(headless("many"))
        fixture.model.sliceSeen(slice("many", ports: [], endpoints))
        let answer = try #require(try fixture.ask("many.default.svc.cluster.local", .a, payload: payload))
        #expect(answer.isTruncated)
        #expect(answer.bytes.count <= min(max(512, Int(payload)), 1232))
        #expect(answer.answers.count == (min(max(512, Int(payload)), 1232) - 12 - 36 - 11) / 16)
        let whole = try #require(try fixture.ask("many.default.svc.cluster.local", .a, over: .tcp))
        #expect(!whole.isTruncated)
        #expect(whole.answers.count == 100)
    }

    @Test func `sends OPT only to those who sent it`() throws {
        let fixture = Fixture.cluster()
        var message = Request.message(id: 9, name("kubernetes.default.svc.cluster.local"), .a)
        message.removeLast(11)
        message[11] = 0
        let (_, bytes) = fixture.outcome(message, from: Client(address("10.244.9.9"), .udp))
        #expect(bytes[11] == 0)
        #expect(bytes.count == message.count + 16)
        let answer = try #require(try fixture.ask("kubernetes.default.svc.cluster.local", .a))
        #expect(answer.additional == 1)
    }

    @Test(arguments: [
        "a.b", "A.b.", "x\\.y.z", "\\000.a", "a\\255b", ".", "xn--bcher-kva.example", "_http._tcp.web.default.svc.cluster.local",
    ])
    func `prints names as they are read`(text: String) throws {
        let first = try #require(DNSName(parsing: text))
        #expect(DNSName(parsing: first.description) == first)
    }

    @Test(arguments: [
        "..", "a..b", String(repeating: "a", count: 64), Array(repeating: "abcdefghi", count: 26).joined(separator: "."),
    ])
    func `refuses what is no name`(text: String) { #expect(DNSName(parsing: text) == nil) }

    @Test func `points to names that stand in the message already`() throws {
        let answer = try #require(try Fixture.cluster().ask("_sql._tcp.db.default.svc.cluster.local", .srv))
        // Three targets written out (RFC 2782), three addresses whose owners are pointers of two bytes, OPT.
        let targets = ["web-0", "web-1", "10-244-2-4"].map {
            12 + 6 + 1 + $0.utf8.count + name("db.default.svc.cluster.local").wire.count
        }
        let question = 12 + name("_sql._tcp.db.default.svc.cluster.local").wire.count + 4
        #expect(answer.bytes.count == question + targets.reduce(0, +) + 3 * 16 + 11)
        #expect(answer.additional == 4)
    }
}

/// Whatever bytes come, there is a verdict, and what is answered can be read.
@Suite struct FuzzTests {
    static let corpus: [[UInt8]] =
        WireTests.rows.map(\.bytes)
        + AnswerTests.rows.map { Request.message(id: 3, name($0.question.replacing("@", with: AnswerTests.zone)), $0.type) }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `requests`(seed: UInt64) throws {
        let fixture = Fixture.cluster()
        var mutator = ByteMutator(seed: seed)
        for round in 0..<2500 {
            let message = mutator.mutate(Self.corpus[round % Self.corpus.count], with: [[0xc0, 12], [0], [63], [0, 41]])
            let transport: Client.Transport = round % 2 == 0 ? .udp : .tcp
            let (outcome, bytes) = fixture.outcome(message, from: Client(Fixture.client, transport))
            switch outcome {
            case .drop: break
            case .reply:
                #expect(bytes.count <= (transport == .udp ? 1232 : 65535), "seed \(seed)")
                #expect(bytes[..<2] == message[..<2])
                if bytes[5] == 1 { _ = try MessageReader.read(bytes, anyClass: true) }
            case .forward(let job): #expect(!job.targets.isEmpty)
            }
        }
    }

    /// What the fuzzer (scripts/fuzz-dns.sh) found worth keeping: one message that reaches something new on each line.
    @Test func `messages of the corpus`() throws {
        let file = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let messages = try Self.lines("/\(file)/Corpus/dns-messages.hex").map(Self.bytes)
        try #require(messages.count > 100)
        let fixture = Fixture.cluster()
        for message in messages {
            let (outcome, bytes) = fixture.outcome(message, from: Client(Fixture.client, .udp))
            if case .reply = outcome { #expect(bytes.count <= 1232) }
            guard let answer = try? MessageReader.read(message) else { continue }
            for record in answer.answers + answer.authorities { #expect(!record.description.isEmpty) }
        }
    }

    private static func bytes(_ hex: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = hex
        while rest.count >= 2 {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static func lines(_ path: String) throws -> [Substring] {
        let file = try #require(fopen(path, "r"), "\(path)")
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
    }

    @Test(arguments: [5, 6, 7] as [UInt64])
    func `answers of servers`(seed: UInt64) throws {
        let fixture = Fixture.cluster()
        let answers = try AnswerTests.rows.prefix(60).compactMap { row in
            try fixture.ask(row.question.replacing("@", with: AnswerTests.zone), row.type)?.bytes
        }
        var mutator = ByteMutator(seed: seed)
        for round in 0..<3000 {
            let message = mutator.mutate(answers[round % answers.count], with: [[0xc0, 12], [0xc0, 0xff], [0xff, 0xff]])
            guard let parsed = try? MessageReader.read(message) else { continue }
            for record in parsed.answers + parsed.authorities {
                #expect(record.owner.wire.count <= WireLimit.nameBytes, "seed \(seed)")
                _ = record.description
            }
        }
    }

    @Test func `a name that goes round in circles`() {
        // Header, question "a.", then an answer whose name points forward, at itself, and at another pointer.
        for pointer in [[0xc0, 23], [0xc0, 25], [0xc0, 40]] as [[UInt8]] {
            var bytes: [UInt8] = [0, 1, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]
            bytes += [1, 98, 0xc0, 12, 0, 1, 0, 1] + pointer + [UInt8](repeating: 0, count: 20)
            bytes.replaceSubrange(19..<21, with: pointer)
            #expect((try? MessageReader.read(bytes)) == nil)
        }
    }
}
