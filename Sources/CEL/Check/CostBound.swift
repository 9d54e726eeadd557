/// What an expression costs at least when every list and map in reach is as large as it may be.
///
/// A lower bound of upstream's estimate: only passes over lists and maps whose size the schema decides are counted, each with
/// one unit. What exceeds a limit here exceeds it there.
/// - SeeAlso: cel-go `checker/cost.go`; Kubernetes 1.36 `apiserver/pkg/cel/common/maplist.go`, `apiserver/pkg/cel/limits.go`.
package enum CostBound {
    /// Bytes of a request.
    private static let requestBytesMax = 3 * 1024 * 1024

    /// The most values of a type that one request can hold.
    package static func elementsMax(of element: SchemaType) -> Int { (requestBytesMax - 2) / (smallest(element) + 1) }

    /// Bytes of the shortest JSON of a type.
    private static func smallest(_ type: SchemaType) -> Int {
        switch type.type {
        case .bool: 4
        case .string, .bytes, .list, .map, .timestamp, .duration: 2
        case .object:
            type.fields.values.filter(\.isRequired).reduce(2) { $0 + $1.name.utf8.count + 4 + smallest($1.type) }
        default: 1
        }
    }

    package static func estimate(_ program: Program, _ variables: [String: SchemaType]) -> UInt64 {
        cost(program.root, variables)
    }

    private static func cost(_ node: Expression, _ known: [String: SchemaType]) -> UInt64 {
        guard case .comprehension(let fold) = node.kind else {
            return node.children.reduce(0) { sum($0, cost($1, known)) }
        }
        var inside = known
        let range = type(of: fold.range, known)
        inside[fold.accumulator] = nil
        inside[fold.variable] = nil
        if let second = fold.second {
            inside[second] = range?.element
        } else if case .list = range?.type {
            inside[fold.variable] = range?.element
        }
        var count: UInt64 = 1
        if let range, let element = range.element { count = UInt64(range.sizeMax ?? elementsMax(of: element)) }
        let each = sum(1, sum(cost(fold.condition, inside), cost(fold.step, inside)))
        let (total, overflow) = each.multipliedReportingOverflow(by: count)
        return sum(sum(cost(fold.range, known), cost(fold.result, known)), overflow ? .max : total)
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    /// The declared type of a name or of a field reached from one; nil for anything else.
    private static func type(of node: Expression, _ known: [String: SchemaType]) -> SchemaType? {
        switch node.kind {
        case .identifier(let name): known[name]
        case .select(let operand, let field):
            type(of: operand, known).flatMap { $0.fields[field]?.type ?? $0.element }
        case .operation(.index, let operands): type(of: operands[0], known)?.element
        default: nil
        }
    }
}
