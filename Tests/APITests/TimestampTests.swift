import API
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:30:45Z", 951_827_445), ("2026-11-21T08:00:00+01:00", 1_795_244_400),
        ("1969-12-31T23:59:59Z", -1), ("2100-03-01T00:00:00Z", 4_107_542_400),
    ])
    func `reads RFC 3339`(text: String, seconds: Int64) {
        #expect(Timestamp(parsing: text)?.seconds == seconds)
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2000-02-29T12:30:45Z", "1969-12-31T23:59:59Z", "2100-03-01T00:00:00Z", "0001-01-01T00:00:00Z",
    ])
    func `prints what it read`(text: String) {
        #expect(Timestamp(parsing: text)?.description == text)
    }

    @Test func `keeps microseconds`() throws {
        let time = try #require(Timestamp(parsing: "2026-11-21T08:00:00.123456Z"))
        #expect(time.nanoseconds == 123_456_000)
        #expect(time.microDescription == "2026-11-21T08:00:00.123456Z")
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T08:00:00", "2026-13-21T08:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T08:00:00.Z",
        "x026-11-21T08:00:00Z",
    ])
    func `refuses other text`(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func `adds and subtracts across the second`() {
        let start = Timestamp(seconds: 10, nanoseconds: 900_000_000)
        #expect(start.adding(.milliseconds(200)) == Timestamp(seconds: 11, nanoseconds: 100_000_000))
        #expect(start.adding(.milliseconds(-950)) == Timestamp(seconds: 9, nanoseconds: 950_000_000))
        #expect(start.adding(.seconds(5)).duration(since: start) == .seconds(5))
    }
}
