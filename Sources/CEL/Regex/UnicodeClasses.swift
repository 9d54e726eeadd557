/// Sets of characters that regular expressions name.
enum UnicodeClasses {
    static let posix: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5a, 0x61...0x7a], "alpha": [0x41...0x5a, 0x61...0x7a], "ascii": [0x00...0x7f],
        "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0x00...0x1f, 0x7f...0x7f], "digit": [0x30...0x39],
        "graph": [0x21...0x7e], "lower": [0x61...0x7a], "print": [0x20...0x7e],
        "punct": [0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e], "space": [0x09...0x0d, 0x20...0x20],
        "upper": [0x41...0x5a], "word": [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a],
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]

    /// The general categories `L`, `Lu`, `N`, ... of Unicode; nil for a name that is none of them.
    static func ranges(_ name: String) -> [ClosedRange<UInt32>]? {
        guard let wanted = categories[name] else { return nil }
        var result: [ClosedRange<UInt32>] = []
        for value in 0...UInt32(0x2ffff) {
            guard let scalar = Unicode.Scalar(value), wanted.contains(scalar.properties.generalCategory) else { continue }
            if let last = result.last, last.upperBound + 1 == value {
                result[result.count - 1] = last.lowerBound...value
            } else {
                result.append(value...value)
            }
        }
        return result
    }

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        var result: [String: Set<Unicode.GeneralCategory>] = [
            "Lu": [.uppercaseLetter], "Ll": [.lowercaseLetter], "Lt": [.titlecaseLetter], "Lm": [.modifierLetter],
            "Lo": [.otherLetter], "Mn": [.nonspacingMark], "Mc": [.spacingMark], "Me": [.enclosingMark],
            "Nd": [.decimalNumber], "Nl": [.letterNumber], "No": [.otherNumber], "Pc": [.connectorPunctuation],
            "Pd": [.dashPunctuation], "Ps": [.openPunctuation], "Pe": [.closePunctuation], "Pi": [.initialPunctuation],
            "Pf": [.finalPunctuation], "Po": [.otherPunctuation], "Sm": [.mathSymbol], "Sc": [.currencySymbol],
            "Sk": [.modifierSymbol], "So": [.otherSymbol], "Zs": [.spaceSeparator], "Zl": [.lineSeparator],
            "Zp": [.paragraphSeparator], "Cc": [.control], "Cf": [.format], "Co": [.privateUse],
        ]
        for (name, members) in result where name.count == 2 {
            result[String(name.prefix(1)), default: []].formUnion(members)
        }
        return result
    }()
}
