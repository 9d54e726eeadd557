import API
import JSON

/// The content of a ControllerRevision: the template as a patch that brings it back.
///
/// - SeeAlso: Kubernetes 1.36 `getPatch` of `pkg/controller/statefulset/stateful_set_utils.go` and
///   `pkg/controller/daemon/update.go`, `pkg/controller/history/controller_history.go`.
enum TemplateRevision {
    /// `{"spec":{"template":{"$patch":"replace",...}}}` with its members in order, so that equal templates give equal bytes.
    static func data(of template: JSONValue) -> JSONValue {
        var template = PodTemplate.withoutHash(template)
        template["$patch"] = "replace"
        return ["spec": ["template": PodTemplate.sorted(template)]]
    }

    /// The template that a revision keeps.
    static func template(from data: JSONValue) -> JSONValue {
        var template = data["spec"]?["template"] ?? [:]
        template["$patch"] = nil
        return template
    }

    static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool { template(from: left) == template(from: right) }

    /// Upstream's hash of a revision: FNV-1 over Go's bytes of the data, then over the count of collisions.
    static func hash(_ data: JSONValue, collisions: Int) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in goBytes(data) + Array(String(collisions).utf8) {
            hash = (hash &* 16_777_619) ^ UInt32(byte)
        }
        return PodTemplate.safe(hash)
    }

    /// Go escapes what could end a script element; everything else is written as here.
    private static func goBytes(_ data: JSONValue) -> [UInt8] {
        var result: [UInt8] = []
        let bytes = JSONWriter.write(data)
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "<"): result += Array("\\u003c".utf8)
            case UInt8(ascii: ">"): result += Array("\\u003e".utf8)
            case UInt8(ascii: "&"): result += Array("\\u0026".utf8)
            // U+2028 and U+2029.
            case 0xe2 where index + 2 < bytes.count && bytes[index + 1] == 0x80 && bytes[index + 2] & 0xfe == 0xa8:
                result += Array((bytes[index + 2] == 0xa8 ? "\\u2028" : "\\u2029").utf8)
                index += 2
            case let byte: result.append(byte)
            }
            index += 1
        }
        return result
    }
}
