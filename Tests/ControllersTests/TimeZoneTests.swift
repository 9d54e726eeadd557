import API
import Controllers
import Foundation
import Testing

@Suite struct TimeZoneTests {
    /// A file as the database has it: no transitions, only the rule.
    private func file(_ rule: String, first: Int32 = 0) -> [UInt8] {
        func header(_ types: UInt8, _ characters: UInt8) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + [UInt8](repeating: 0, count: 16)
                + [0, 0, 0, types, 0, 0, 0, characters]
        }
        let type = withUnsafeBytes(of: first.bigEndian, Array.init) + [0, 0]
        let body = type + Array("X\u{0}".utf8)
        return header(1, 2) + body + header(1, 2) + body + Array("\n\(rule)\n".utf8)
    }

    private func hours(_ rules: TimeZoneRules, _ text: String) throws -> Double {
        Double(rules.offset(at: try #require(Timestamp(parsing: text)))) / 3600
    }

    @Test(arguments: [
        ("2027-01-15T12:00:00Z", 1.0), ("2027-03-28T00:59:59Z", 1), ("2027-03-28T01:00:00Z", 2),
        ("2027-10-31T00:59:59Z", 2), ("2027-10-31T01:00:00Z", 1), ("2028-03-26T01:00:00Z", 2),
    ])
    func `summer time begins and ends as the rule says`(time: String, expected: Double) throws {
        let rules = try #require(TimeZoneRules(file("CET-1CEST,M3.5.0,M10.5.0/3")))
        #expect(try hours(rules, time) == expected)
    }

    @Test(arguments: [
        ("<+0545>-5:45", "2027-06-01T00:00:00Z", 5.75), ("EST5EDT,M3.2.0,M11.1.0", "2027-07-01T00:00:00Z", -4),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2027-01-01T00:00:00Z", 11),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2027-06-01T00:00:00Z", 10.5),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2027-03-26T00:00:00Z", 3), ("AAA3BBB,J60,J300", "2028-02-29T12:00:00Z", -3),
        ("AAA3BBB,J60,J300", "2028-03-01T12:00:00Z", -2), ("AAA3BBB,59,300", "2028-02-29T12:00:00Z", -2),
    ])
    func `every form of a rule is read`(rule: String, time: String, expected: Double) throws {
        let rules = try #require(TimeZoneRules(file(rule)))
        #expect(try hours(rules, time) == expected)
    }

    @Test(arguments: [[], Array("TZif".utf8), Array("TZif2".utf8) + [UInt8](repeating: 0xff, count: 60)])
    func `what is no such file is none`(bytes: [UInt8]) { #expect(TimeZoneRules(bytes) == nil) }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin"), "needs tzdata"))
    func `the machine's own files agree with another reader of them`() throws {
        for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"] {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)")))
            let (rules, zone) = (try #require(TimeZoneRules(bytes)), try #require(TimeZone(identifier: name)))
            // To the end of 2023: of later years two readers know as much as their editions of the data do.
            for day in stride(from: 0, to: 19720, by: 11) {
                let time = Timestamp(seconds: Int64(day) * 86400 + 4321)
                let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
                #expect(rules.offset(at: time) == Int64(expected), "\(name) \(time)")
            }
        }
    }

    @Test func `a schedule follows the zone over its changes`() throws {
        let rules = try #require(TimeZoneRules(file("CET-1CEST,M3.5.0,M10.5.0/3")))
        let midnight = try CronSchedule(parsing: "0 0 * * *")
        var time = try #require(Timestamp(parsing: "2027-03-26T12:00:00Z"))
        var found: [String] = []
        for _ in 0..<4 {
            time = try #require(midnight.next(after: time, zone: rules.offset(at:)))
            found.append(time.description)
        }
        #expect(
            found == ["2027-03-26T23:00:00Z", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "2027-03-29T22:00:00Z"])
        let weekly = try CronSchedule(parsing: "30 9 * * 1")
        let next = weekly.next(after: try #require(Timestamp(parsing: "2027-10-27T00:00:00Z")), zone: rules.offset(at:))
        #expect(next?.description == "2027-11-01T08:30:00Z")
    }
}
