/// A line of /proc/self/mountinfo, as far as we need it.
package struct MountPoint: Hashable, Sendable {
    package var path: String
    /// Of the file system: `ext4`.
    package var kind: String

    /// In the order of the file: what was mounted later stands later.
    package static func list(_ mountInfo: String) -> [MountPoint] {
        mountInfo.split(separator: "\n").compactMap { line in
            guard let separator = line.range(ofSeparator: " - ") else { return nil }
            let fields = line[..<separator.lowerBound].split(separator: " ")
            guard fields.count > 4, let kind = line[separator.upperBound...].split(separator: " ").first else { return nil }
            return MountPoint(path: unescape(fields[4]), kind: String(kind))
        }
    }

    /// What is mounted below a directory, the innermost first: the order in which it can be taken away.
    package static func below(_ directory: String, _ mountInfo: String) -> [String] {
        list(mountInfo).map(\.path).filter { $0.hasPrefix(directory + "/") }.reversed()
    }

    /// The kernel writes white space and backslash in a path as three octal digits.
    private static func unescape(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        let source = Array(field.utf8)
        var position = 0
        while position < source.count {
            if source[position] == UInt8(ascii: "\\"), position + 3 < source.count,
                let code = UInt8(String(decoding: source[position + 1...position + 3], as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                position += 4
            } else {
                bytes.append(source[position])
                position += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    fileprivate func range(ofSeparator separator: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) { return start..<index(start, offsetBy: separator.count) }
            start = index(after: start)
        }
        return nil
    }
}
