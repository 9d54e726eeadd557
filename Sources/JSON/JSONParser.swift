/// Reads JSON text into a tree.
///
/// Strict by RFC 8259; a repeated key keeps its last value, as Go's decoder does, and is reported in `duplicates`.
package struct JSONParser {
    /// Nesting beyond this is refused.
    package static let depthMax = 512

    /// A key that stood twice in one object.
    package struct DuplicateKey: Hashable, Sendable {
        /// Where the object stands: member names, and positions as `[2]`.
        package var path: [String]
        package var key: String
    }

    /// Parses one value that must fill `bytes` but for white space.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var duplicates: [DuplicateKey] = []
        return try parse(bytes, duplicates: &duplicates)
    }

    package static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }

    /// As `parse(_:)`, and appends each repeated key.
    package static func parse(_ bytes: [UInt8], duplicates: inout [DuplicateKey]) throws(JSONError) -> JSONValue {
        let result: Result<(JSONValue, [DuplicateKey]), JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer)
            do throws(JSONError) {
                parser.skipSpace()
                let value = try parser.value(depth: 0)
                parser.skipSpace()
                guard parser.position == buffer.count else { throw JSONError(.trailingData, at: parser.position) }
                return .success((value, parser.duplicates))
            } catch {
                return .failure(error)
            }
        }
        let (value, found) = try result.get()
        duplicates += found
        return value
    }

    private let bytes: UnsafeBufferPointer<UInt8>  // SAFETY: lives inside the closure of `parse`
    private var position = 0
    private var path: [String] = []
    private var duplicates: [DuplicateKey] = []

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthMax else { throw JSONError(.tooDeep(limit: Self.depthMax), at: position) }
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case let other: throw JSONError(.invalidCharacter(other), at: position)
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        for offset in 0..<count where bytes[position + offset] != text.utf8Start[offset] {
            throw JSONError(.invalidLiteral, at: position + offset)
        }
        position += count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONObject.Member] = []
        var seen: [String: Int] = [:]  // filled only once a scan would be slow
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            guard bytes[position] == UInt8(ascii: "\"") else {
                throw JSONError(.invalidCharacter(bytes[position]), at: position)
            }
            let key = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            path.append(key)
            let value = try self.value(depth: depth + 1)
            path.removeLast()
            if members.count == 16 { for (index, member) in members.enumerated() { seen[member.key] = index } }
            let known = members.count < 16 ? members.firstIndex { $0.key == key } : seen[key]
            if let known {
                duplicates.append(DuplicateKey(path: path, key: key))
                members[known].value = value
            } else {
                if members.count >= 16 { seen[key] = members.count }
                members.append(JSONObject.Member(key: key, value: value))
            }
            skipSpace()
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
            } else {
                try expect(UInt8(ascii: "}"))
                return .object(JSONObject(members))
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            skipSpace()
            path.append("[\(values.count)]")
            values.append(try value(depth: depth + 1))
            path.removeLast()
            skipSpace()
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
            } else {
                try expect(UInt8(ascii: "]"))
                return .array(values)
            }
        }
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard bytes[position] == byte else { throw JSONError(.invalidCharacter(bytes[position]), at: position) }
        position += 1
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<position])
                position += 1
                guard let text = String(validating: slice, as: UTF8.self) else { throw JSONError(.invalidUTF8, at: start) }
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw JSONError(.controlCharacterInString, at: position) }
            position += 1
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let result = String(validating: text, as: UTF8.self) else { throw JSONError(.invalidUTF8, at: start) }
                return result
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw JSONError(.controlCharacterInString, at: position - 1)
            default: text.append(byte)
            }
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = UInt32(try hex4())
            if (0xd800..<0xdc00).contains(scalar), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                let resume = position
                position += 2
                let low = UInt32(try hex4())
                if (0xdc00..<0xe000).contains(low) {
                    scalar = 0x10000 + ((scalar - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    position = resume
                }
            }
            text.append(contentsOf: String(UnicodeScalar(scalar) ?? "\u{fffd}").utf8)
        default: throw JSONError(.invalidEscape, at: position - 1)
        }
    }

    private mutating func hex4() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        var result: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(bytes[position]) else { throw JSONError(.invalidEscape, at: position) }
            result = result << 4 | UInt16(digit)
            position += 1
        }
        return result
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard let first = digit() else { throw JSONError(.invalidNumber, at: position) }
        if first == 0, digit() != nil { throw JSONError(.invalidNumber, at: position - 1) }
        while digit() != nil {}
        var whole = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            whole = false
            position += 1
            guard digit() != nil else { throw JSONError(.invalidNumber, at: position) }
            while digit() != nil {}
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            whole = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard digit() != nil else { throw JSONError(.invalidNumber, at: position) }
            while digit() != nil {}
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw JSONError(.invalidNumber, at: start) }
        return .double(value)
    }

    private mutating func digit() -> UInt8? {
        guard position < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[position] else { return nil }
        defer { position += 1 }
        return bytes[position] - UInt8(ascii: "0")
    }
}
