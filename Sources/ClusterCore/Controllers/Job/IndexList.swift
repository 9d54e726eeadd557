/// Completion indexes as a Job's status writes them: `0,3-5,7`.
package struct IndexList: Hashable, Sendable, CustomStringConvertible {
    package private(set) var indexes: Set<Int>

    package init(_ indexes: Set<Int> = []) { self.indexes = indexes }

    /// Parts that are no number are left out.
    package init(parsing text: String) {
        indexes = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { continue }
            indexes.formUnion(first...last)
        }
    }

    package var count: Int { indexes.count }
    package func contains(_ index: Int) -> Bool { indexes.contains(index) }
    package mutating func insert(_ index: Int) { indexes.insert(index) }
    package mutating func formUnion(_ other: some Sequence<Int>) { indexes.formUnion(other) }

    /// Two neighbours stay apart, three become a range: `1,2` but `1-3`.
    package var description: String {
        var parts: [String] = []
        var run: [Int] = []
        func flush() {
            guard let first = run.first, let last = run.last else { return }
            if run.count > 2 { parts.append("\(first)-\(last)") } else { parts += run.map(String.init) }
        }
        for index in indexes.sorted() {
            if let last = run.last, index != last + 1 {
                flush()
                run = []
            }
            run.append(index)
        }
        flush()
        return parts.joined(separator: ",")
    }
}
