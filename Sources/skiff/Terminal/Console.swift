import Glibc

/// What a person, or a script, reads: progress line by line, tables, JSON. Colour on a terminal only.
struct Console: Sendable {
    enum Style: String, Sendable {
        case bold = "1"
        case green = "32"
        case yellow = "33"
        case red = "31"
        case faint = "2"
    }

    /// Progress goes to standard error when standard output carries JSON.
    let progressDescriptor: Int32
    private let start = ContinuousClock.now

    init(json: Bool = false) { progressDescriptor = json ? STDERR_FILENO : STDOUT_FILENO }

    /// A step that was done, with the time since the command began.
    func step(_ text: String) {
        let elapsed = ContinuousClock.now - start
        let tenths = Int(elapsed / .milliseconds(100))
        let time = "\(tenths / 10).\(tenths % 10)s"
        let padded = String(repeating: " ", count: max(0, 6 - time.count)) + time
        line(styled("\(padded)  ", .faint) + text)
    }

    func line(_ text: String = "") { Self.write(text + "\n", to: progressDescriptor) }

    func styled(_ text: String, _ style: Style) -> String {
        Self.hasColour(progressDescriptor) ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// What the command was asked for: always standard output.
    static func output(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func error(_ text: String) {
        let word = hasColour(STDERR_FILENO) ? "\u{1b}[31merror:\u{1b}[0m" : "error:"
        write("\(word) \(text)\n", to: STDERR_FILENO)
    }

    private static func hasColour(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && getenv("NO_COLOR") == nil && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false
    }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            start += count
        }
    }
}

/// Columns of text, as wide as their widest cell.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []

    init(_ header: [String]) { self.header = header }

    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "   ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
