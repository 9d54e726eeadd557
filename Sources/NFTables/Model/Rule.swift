/// Statements that run one after another until one does not match or decides.
package struct Rule: Hashable, Sendable {
    package var statements: [Statement]

    package init(_ statements: Statement...) { self.statements = statements }
    package init(_ statements: [Statement]) { self.statements = statements }
}
