import API
import NetworkTypes
import Testing

@testable import PolicyLab

@Suite struct FlowPatternTests {
    @Test(arguments: [
        ("shop/web -> shop/api:8080/tcp", 1, "shop", "web"), ("  shop/web->shop/api", 0, "shop", "web"),
        ("* -> kube-system/coredns:53/udp,tcp", 1, "*", "*"), ("a/b -> */*:metrics", 1, "a", "b"),
    ])
    func `reads both sides and ports`(text: String, numbers: Int, namespace: String, name: String) throws {
        let flow = try FlowPattern(parsing: text)
        #expect(flow.source == .pods(namespace: namespace, name: name))
        #expect(flow.ports.numbers.count == numbers)
    }

    @Test func `reads every kind of endpoint`() throws {
        func destination(_ text: String) throws -> EndpointPattern {
            try FlowPattern(parsing: "a/b -> \(text)", outside: ["office"]).destination
        }
        #expect(try destination("office:443") == .outside("office"))
        #expect(try destination("outside:office") == .outside("office"))
        #expect(try destination("node:10250") == .node)
        #expect(try destination("service:shop/db:5432") == .service(NamespacedName(namespace: "shop", name: "db")))
        #expect(
            try destination("[app=web,tier in (a,b)]:80")
                == .labelled(namespace: "*", try LabelSelector(parsing: "app=web,tier in (a,b)")))
        #expect(try destination("x/[app]") == .labelled(namespace: "x", try LabelSelector(parsing: "app")))
        let service = EndpointPattern.service(NamespacedName(namespace: "a", name: "db"))
        #expect(try destination("svc/db:5432") == service && destination("service/db") == service)
        #expect(try destination("shop/svc/db") == .service(NamespacedName(namespace: "shop", name: "db")))
        #expect(try destination("203.0.113.9:443") == .address(try #require(IPAddress(parsing: "203.0.113.9"))))
    }

    @Test(arguments: [
        ("shop/web shop/api", "expected SOURCE -> DESTINATION"), ("web -> a/b", "names no namespace"),
        ("a/b -> c/d:0", "not between 1 and 65535"), ("a/b -> c/d:80/icmp", "'icmp' is no protocol"),
        ("-> a/b", "one side of the arrow is empty"), ("service:a/b -> c/d", "cannot be a source"),
        ("a/b -> c/[app=", "closing bracket"), ("* -> svc/web", "of which namespace"), ("a/b -> c/d:", "is no PORT"),
    ])
    func `says what is wrong`(text: String, part: String) {
        let error = #expect(throws: FlowPatternError.self) { try FlowPattern(parsing: text) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("*", "anything", true), ("web-*", "web-1", true), ("web-*", "api-1", false), ("*-db", "main-db", true),
        ("a*b*c", "axxbxxc", true), ("a*b*c", "ac", false), ("a*a", "a", false),
    ])
    func `matches names with stars`(pattern: String, text: String, matches: Bool) {
        #expect(Glob.matches(pattern, text) == matches)
    }
}
