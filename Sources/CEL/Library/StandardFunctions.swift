/// Sizes, types, and texts within texts.
enum StandardFunctions: FunctionLibrary {
    static let declarations = """
        size(string) -> int
        size(bytes) -> int
        size(list<A>) -> int
        size(map<A, B>) -> int
        string: size() -> int
        bytes: size() -> int
        list<A>: size() -> int
        map<A, B>: size() -> int
        string: contains(string) -> bool
        string: startsWith(string) -> bool
        string: endsWith(string) -> bool
        dyn(A) -> dyn
        type(A) -> type<A>
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first, arguments.dropFirst().first) {
        case ("size", .string(let text), nil): .int(Int64(text.unicodeScalars.count))
        case ("size", .bytes(let bytes), nil): .int(Int64(bytes.count))
        case ("size", .list(let list), nil): .int(Int64(list.count))
        case ("size", .map(let map), nil): .int(Int64(map.count))
        case ("contains", .string(let text), .string(let part)): .bool(find(part, in: text))
        case ("startsWith", .string(let text), .string(let part)): .bool(text.utf8.starts(with: part.utf8))
        case ("endsWith", .string(let text), .string(let part)): .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
        case ("dyn", let value?, nil): value
        case ("type", let value?, nil): .type(value.typeName)
        default: nil
        }
    }

    private static func find(_ part: String, in text: String) -> Bool {
        Scalars(text).index(of: Scalars(part), from: 0) != nil
    }
}

/// `int(x)`, `string(x)` and the like.
enum ConversionFunctions: FunctionLibrary {
    static let declarations = """
        int(int) -> int
        int(uint) -> int
        int(double) -> int
        int(string) -> int
        int(timestamp) -> int
        int(duration) -> int
        uint(uint) -> uint
        uint(int) -> uint
        uint(double) -> uint
        uint(string) -> uint
        double(double) -> double
        double(int) -> double
        double(uint) -> double
        double(string) -> double
        bool(bool) -> bool
        bool(string) -> bool
        string(string) -> string
        string(int) -> string
        string(uint) -> string
        string(double) -> string
        string(bool) -> string
        string(bytes) -> string
        string(timestamp) -> string
        string(duration) -> string
        string(kubernetes.URL) -> string
        string(net.IP) -> string
        string(net.CIDR) -> string
        bytes(bytes) -> bytes
        bytes(string) -> bytes
        timestamp(timestamp) -> timestamp
        timestamp(string) -> timestamp
        timestamp(int) -> timestamp
        duration(duration) -> duration
        duration(string) -> duration
        duration(int) -> duration
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard arguments.count == 1 else { return nil }
        let value = arguments[0]
        switch name {
        case "int": return .int(try int(value))
        case "uint": return .uint(try uint(value))
        case "double": return .double(try double(value))
        case "bool": return .bool(try bool(value))
        case "string": return .string(try string(value))
        case "bytes": return .bytes(try bytes(value))
        case "timestamp": return .timestamp(try timestamp(value))
        case "duration": return .duration(try duration(value))
        default: return nil
        }
    }

    private static func int(_ value: CELValue) throws(EvaluationError) -> Int64 {
        switch value {
        case .int(let number): return number
        case .uint(let number):
            guard let result = Int64(exactly: number) else { throw .intOverflow }
            return result
        case .double(let number):
            guard number > -9_223_372_036_854_775_808, number < 9_223_372_036_854_775_808 else { throw .intOverflow }
            return Int64(number)
        case .string(let text):
            guard let number = Int64(text), !text.isEmpty else { throw conversion("string", text, "int") }
            return number
        case .timestamp(let time): return time.seconds
        case .duration(let span): return span.nanosecondsTotal
        default: throw .noSuchOverload
        }
    }

    private static func conversion(_ from: String, _ text: String, _ to: String) -> EvaluationError {
        EvaluationError("type conversion error from '\(from)' to '\(to)'")
    }

    private static func uint(_ value: CELValue) throws(EvaluationError) -> UInt64 {
        switch value {
        case .uint(let number): return number
        case .int(let number):
            guard let result = UInt64(exactly: number) else { throw .uintOverflow }
            return result
        case .double(let number):
            guard number >= 0, number < 18_446_744_073_709_551_616 else { throw .uintOverflow }
            return UInt64(number)
        case .string(let text):
            guard let number = UInt64(text), !text.hasPrefix("+") else { throw conversion("string", text, "uint") }
            return number
        default: throw .noSuchOverload
        }
    }

    private static func double(_ value: CELValue) throws(EvaluationError) -> Double {
        switch value {
        case .double(let number): return number
        case .int(let number): return Double(number)
        case .uint(let number): return Double(number)
        case .string(let text):
            guard let number = Double(text), !text.contains(where: \.isWhitespace) else {
                throw conversion("string", text, "double")
            }
            return number
        default: throw .noSuchOverload
        }
    }

    private static func bool(_ value: CELValue) throws(EvaluationError) -> Bool {
        switch value {
        case .bool(let flag): return flag
        case .string(let text):
            if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
            if ["0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
            throw conversion("string", text, "bool")
        default: throw .noSuchOverload
        }
    }

    private static func string(_ value: CELValue) throws(EvaluationError) -> String {
        switch value {
        case .string, .int, .uint, .double, .bool, .timestamp, .duration: return CELText.plain(value)
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw EvaluationError("invalid UTF-8 in bytes, cannot convert to string")
            }
            return text
        case .opaque(.url(let url)): return url.text
        case .opaque(.ip(let address)): return address.description
        case .opaque(.cidr(let prefix)): return prefix.description
        default: throw .noSuchOverload
        }
    }

    private static func bytes(_ value: CELValue) throws(EvaluationError) -> [UInt8] {
        switch value {
        case .bytes(let bytes): return bytes
        case .string(let text): return Array(text.utf8)
        default: throw .noSuchOverload
        }
    }

    private static func timestamp(_ value: CELValue) throws(EvaluationError) -> CELTimestamp {
        switch value {
        case .timestamp(let time): return time
        case .string(let text):
            guard let time = CELTimestamp(text) else {
                throw conversion("string", text, "google.protobuf.Timestamp")
            }
            return time
        case .int(let seconds):
            let time = CELTimestamp(seconds: seconds)
            guard time.isInRange else { throw .timestampOverflow }
            return time
        default: throw .noSuchOverload
        }
    }

    private static func duration(_ value: CELValue) throws(EvaluationError) -> CELDuration {
        switch value {
        case .duration(let span): return span
        case .string(let text):
            guard let span = CELDuration(goText: text) else {
                throw conversion("string", text, "google.protobuf.Duration")
            }
            return span
        case .int(let nanoseconds): return CELDuration(nanoseconds: nanoseconds)
        default: throw .noSuchOverload
        }
    }
}
