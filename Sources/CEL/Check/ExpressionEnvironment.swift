/// What an expression may refer to.
package struct ExpressionEnvironment: Sendable {
    /// Which types `Name{...}` may build.
    package enum Construction: Sendable {
        case none
        /// `Object{...}`, `Object.spec{...}` and `JSONPatch{...}`, their fields being whatever they are.
        case mutations
    }

    package var variables: [String: SchemaType]
    package var construction: Construction
    private var objects: [String: SchemaType] = [:]
    private(set) var functions: [String: [Overload]]

    package init(_ variables: [String: SchemaType], construction: Construction = .none) {
        self.variables = variables
        self.construction = construction
        functions = FunctionTable.declared
        for type in variables.values { objects.merge(type.objects) { first, _ in first } }
    }

    /// The same with one more variable.
    package func adding(_ name: String, _ type: SchemaType) -> ExpressionEnvironment {
        var result = self
        result.variables[name] = type
        result.objects.merge(type.objects) { _, last in last }
        return result
    }

    /// What is known of values of a type.
    package func schema(of type: CELType) -> SchemaType {
        switch type {
        case .object(let name): objects[name] ?? SchemaType(type)
        case .list(let element): SchemaType(type, element: schema(of: element))
        case .map(_, let value): SchemaType(type, element: schema(of: value))
        default: SchemaType(type)
        }
    }

    func field(_ name: String, of object: String) -> CELType? {
        if let type = objects[object] { return type.fields[name]?.type.type }
        guard isConstructible(object) else { return nil }
        guard object == Self.patchTypeName else { return .dyn }
        return ["op": .string, "path": .string, "from": .string, "value": .dyn][name]
    }

    package static let objectTypeName = "Object"
    package static let patchTypeName = "JSONPatch"

    func isConstructible(_ name: String) -> Bool {
        guard case .mutations = construction else { return false }
        return name == Self.patchTypeName || name == Self.objectTypeName || name.hasPrefix(Self.objectTypeName + ".")
    }

    /// Parses and checks an expression.
    ///
    /// - Throws: Everything that is wrong with it.
    package func compile(_ text: String) throws(CompilationError) -> Program {
        let parsed: Expression
        do throws(ExpressionIssue) {
            parsed = try ExpressionParser.parse(text, qualifiedFunctions: FunctionTable.qualified)
        } catch {
            throw CompilationError(text: text, issues: [error])
        }
        var checker = Checker(environment: self)
        let type = checker.check(parsed)
        if checker.issues.isEmpty { checker.issues = LiteralRules.check(parsed) }
        guard checker.issues.isEmpty else { throw CompilationError(text: text, issues: checker.issues) }
        return Program(text: text, root: parsed, type: type, typeNames: checker.typeNames, variableNames: checker.variableNames)
    }
}

/// An expression that does not compile.
package struct CompilationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: String
    package var issues: [ExpressionIssue]

    package var description: String { ExpressionIssue.print(issues, in: text) }
}

/// An expression that was parsed and checked.
package struct Program: Sendable {
    package let text: String
    package let root: Expression
    /// Of its value; `dyn` when only evaluation tells.
    package let type: CELType
    let typeNames: [Int: String]
    let variableNames: [Int: String]

    /// How deep its nodes nest.
    package var levels: Int { root.depth }

    package func mentions(_ variable: String) -> Bool { root.mentions(variable) }
}

/// Literals in calls whose arguments must have a form: patterns, durations, times.
///
/// - SeeAlso: cel-go `cel/validator.go`.
enum LiteralRules {
    static func check(_ node: Expression) -> [ExpressionIssue] {
        var issues: [ExpressionIssue] = []
        collect(node, &issues)
        return issues
    }

    private static func collect(_ node: Expression, _ issues: inout [ExpressionIssue]) {
        if case .call(let name, let target, let arguments) = node.kind, let last = arguments.last,
            case .literal(.string(let text)) = last.kind
        {
            switch name {
            case "matches":
                do throws(Pattern.SyntaxError) { _ = try Pattern(text) } catch {
                    issues.append(ExpressionIssue(at: last.offset, "invalid matches argument"))
                }
            case "duration" where target == nil && CELDuration(goText: text) == nil:
                issues.append(ExpressionIssue(at: last.offset, "invalid duration argument"))
            case "timestamp" where target == nil && CELTimestamp(text) == nil:
                issues.append(ExpressionIssue(at: last.offset, "invalid timestamp argument"))
            default: break
            }
        }
        for child in node.children { collect(child, &issues) }
    }
}
