/// A compiled regular expression: instructions for a machine that follows every alternative at once, so that a match takes
/// time proportional to text times pattern, whatever the pattern.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case character(CharacterSet)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case assert(Assertion)
        case match
    }

    enum Assertion: Sendable { case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary }

    /// Ranges of scalars, in any order.
    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        func contains(_ scalar: UInt32) -> Bool {
            for range in ranges where range.contains(scalar) { return !isNegated }
            return isNegated
        }
    }

    var instructions: [Instruction] = []

    /// Whether the pattern matches anywhere in `text`.
    func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        var current = ThreadList(instructions.count)
        var next = ThreadList(instructions.count)
        for position in 0...scalars.count {
            if add(0, to: &current, scalars, position) { return true }
            if position == scalars.count { break }
            next.removeAll()
            for place in current.places {
                guard case .character(let set) = instructions[place], set.contains(scalars[position]) else { continue }
                if add(place + 1, to: &next, scalars, position + 1) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// The leftmost match that begins at or behind `start`; of those the one that the pattern prefers.
    ///
    /// - SeeAlso: Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
    func find(_ text: [UInt32], from start: Int) -> Range<Int>? {
        var current = ThreadList(instructions.count)
        var next = ThreadList(instructions.count)
        var starts = Array(repeating: 0, count: instructions.count)
        var nextStarts = starts
        var found: Range<Int>?
        for position in start...max(start, text.count) {
            // A thread that begins later never beats one that began before.
            if found == nil {
                let known = current.places.count
                _ = add(0, to: &current, text, position, stopsAtMatch: false)
                for place in current.places[known...] { starts[place] = position }
            }
            if current.places.isEmpty { break }
            next.removeAll()
            threads: for place in current.places {
                switch instructions[place] {
                case .match:
                    found = starts[place]..<position
                    break threads
                case .character(let set):
                    guard position < text.count, set.contains(text[position]) else { continue }
                    let known = next.places.count
                    _ = add(place + 1, to: &next, text, position + 1, stopsAtMatch: false)
                    for reached in next.places[known...] { nextStarts[reached] = starts[place] }
                default: continue
                }
            }
            swap(&current, &next)
            swap(&starts, &nextStarts)
        }
        return found
    }

    /// The places where the machine waits for a character; each at most once.
    private struct ThreadList {
        var places: [Int] = []
        private var isMember: [Bool]

        init(_ count: Int) { isMember = Array(repeating: false, count: count) }

        mutating func insert(_ place: Int) -> Bool {
            if isMember[place] { return false }
            isMember[place] = true
            places.append(place)
            return true
        }

        mutating func removeAll() {
            for place in places { isMember[place] = false }
            places.removeAll(keepingCapacity: true)
        }
    }

    /// Follows everything that takes no character; true when the end of the pattern is reached.
    private func add(
        _ start: Int, to list: inout ThreadList, _ text: [UInt32], _ position: Int, stopsAtMatch: Bool = true
    ) -> Bool {
        var open = [start]
        while let place = open.popLast() {
            guard list.insert(place) else { continue }
            switch instructions[place] {
            case .match:
                if stopsAtMatch { return true }
            case .character: break
            case .jump(let target): open.append(target)
            case .split(let first, let second):
                open.append(second)
                open.append(first)
            case .assert(let assertion):
                if Self.holds(assertion, text, position) { open.append(place + 1) }
            }
        }
        return false
    }

    private static func holds(_ assertion: Assertion, _ text: [UInt32], _ position: Int) -> Bool {
        switch assertion {
        case .textStart: return position == 0
        case .textEnd: return position == text.count
        case .lineStart: return position == 0 || text[position - 1] == 0x0a
        case .lineEnd: return position == text.count || text[position] == 0x0a
        case .wordBoundary, .noWordBoundary:
            let before = position > 0 && isWord(text[position - 1])
            let after = position < text.count && isWord(text[position])
            return (before != after) == (assertion == .wordBoundary)
        }
    }

    private static func isWord(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
        default: false
        }
    }
}
