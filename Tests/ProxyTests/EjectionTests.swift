import API
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// One Service `web` and what becomes of attempts to connect to its endpoints, second by second.
private struct Course {
    let name = NamespacedName(namespace: "default", name: "web")
    var machine = EjectionStateMachine<ManualInstant>()
    var change: ServiceChange
    var heard: [EjectionNews.Event] = []
    private var clientPort: UInt16 = 30000

    init(_ endpoints: Int = 4, options: String = "on", spec: (inout Service.Spec) -> Void = { _ in }) {
        change = Self.change(Array(1...endpoints), options: options, spec)
        machine.apply(to: &change, at: .origin)
    }

    static func change(_ numbers: [Int], options: String?, _ spec: (inout Service.Spec) -> Void = { _ in }) -> ServiceChange {
        var service = Service.fixture(
            "web", ip: "10.96.0.1", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)],
            type: "NodePort")
        spec(&service.spec)
        if let options { service.metadata.annotations = [EjectionOptions.annotation: options] }
        let slice = EndpointSlice.fixture("web", numbers.map { .on("node1", "10.244.1.\($0)") })
        return ServiceChange(
            name: NamespacedName(namespace: "default", name: "web"), service: ProxyService(service),
            slices: [slice].compactMap(ProxySlice.init))
    }

    static func backend(_ number: Int) -> Backend { Backend(.fixture("10.244.1.\(number)"), 8080) }
    func at(_ seconds: Double) -> ManualInstant { .origin.advanced(by: .milliseconds(Int(seconds * 1000))) }

    mutating func flow(to number: Int, by address: String = "10.96.0.1", port: Port = 80) -> Flow {
        clientPort += 1
        let client = Port(clientPort)
        return Flow(
            .tcp, original: .init(.fixture("10.244.1.99"), client, to: .fixture(address), port),
            reply: .init(.fixture("10.244.1.\(number)"), 8080, to: .fixture("10.244.1.99"), client), isAnswered: false)
    }

    @discardableResult mutating func begin(_ number: Int, at seconds: Double) -> Flow {
        let flow = flow(to: number)
        machine.connectionsReported([.began(flow)], at: at(seconds))
        return flow
    }

    mutating func refuse(_ number: Int, at seconds: Double, times: Int = 1, by address: String = "10.96.0.1", port: Port = 80) {
        for _ in 0..<times {
            let flow = flow(to: number, by: address, port: port)
            machine.connectionsReported([.began(flow), .ended(flow, wasRefused: true)], at: at(seconds))
        }
        settle(at: seconds)
    }

    mutating func answer(_ flow: Flow, at seconds: Double) {
        var found = flow
        found.isAnswered = true
        machine.lookedAt(flow, found: found, at: at(seconds))
        settle(at: seconds)
    }

    mutating func settle(at seconds: Double) { heard += machine.settle(at: at(seconds)).events }

    mutating func pass(to seconds: Double) {
        machine.timePassed(to: at(seconds))
        settle(at: seconds)
    }

    /// Endpoints that are ejected, by number.
    mutating func ejected(at seconds: Double) -> [Int] {
        machine.apply(to: &change, at: at(seconds))
        return (1...9).filter { change.ejections[Self.backend($0)] != nil }
    }

    mutating func endpoints(_ numbers: [Int], options: String? = "on", at seconds: Double) {
        change = Self.change(numbers, options: options)
        machine.apply(to: &change, at: at(seconds))
        settle(at: seconds)
    }
}

@Suite struct EjectionOptionsTests {
    @Test(arguments: [
        ("on", 5, 60, 30, 50), ("failures=3", 3, 60, 30, 50), ("failures = 2, within=10s, for=5, max-percent=100", 2, 10, 5, 100),
    ])
    func `the annotation sets what it names`(text: String, failures: Int, within: Int, seconds: Int, percent: Int) throws {
        let options = try #require(try EjectionOptions.parse(text))
        #expect(options.failures == failures && options.withinSeconds == within)
        #expect(options.seconds == seconds && options.percentMax == percent)
    }

    @Test(arguments: ["off", "", nil]) func `no endpoint is ejected by default`(text: String?) {
        let annotations = text.map { [EjectionOptions.annotation: $0] } ?? [:]
        let options = ServiceOptions(ObjectMeta(name: "web", namespace: "default", annotations: annotations))
        #expect(options.ejection == nil && options.unreadable.isEmpty)
    }

    @Test(arguments: [
        "yes", "5", "failures=0", "failures=101", "within=soon", "for=3601s", "max-percent=0", "failures=1,", "a=b=c",
    ])
    func `an annotation that cannot be read is told and not obeyed`(text: String) {
        let options = ServiceOptions(
            ObjectMeta(name: "web", namespace: "default", annotations: [EjectionOptions.annotation: text]))
        #expect(options.ejection == nil && options.unreadable == [EjectionOptions.annotation])
    }
}

@Suite struct EjectionTests {
    @Test(arguments: [("failures=1", 1), ("on", 5), ("failures=100", 100)])
    func `an endpoint is ejected with the last of so many failures`(options: String, failures: Int) {
        var course = Course(options: options)
        if failures > 1 { course.refuse(1, at: 1, times: failures - 1) }
        #expect(course.ejected(at: 1) == [])
        course.refuse(1, at: 2)
        #expect(course.ejected(at: 2) == [1])
        #expect(course.heard == [.ejected(course.name, Course.backend(1), Ejection(.refused, failures: failures, seconds: 30))])
        #expect(course.machine.ejectedCounts == [.ipv4: 1])
    }

    @Test func `an answer in between begins the count anew`() {
        var course = Course()
        course.refuse(1, at: 1, times: 4)
        let flow = course.begin(1, at: 2)
        course.answer(flow, at: 2.25)
        course.refuse(1, at: 3, times: 4)
        #expect(course.ejected(at: 3) == [])
        course.refuse(1, at: 4)
        #expect(course.ejected(at: 4) == [1])
    }

    @Test func `an answer that is noticed late excuses no later failure`() {
        var course = Course()
        let flow = course.begin(1, at: 1)
        course.refuse(1, at: 1.1, times: 4)
        course.answer(flow, at: 1.25)
        course.refuse(1, at: 1.3)
        #expect(course.ejected(at: 2) == [1])
    }

    @Test func `failures further apart than asked for are no series`() {
        var course = Course(options: "failures=2,within=10s")
        course.refuse(1, at: 1)
        course.refuse(1, at: 12)
        #expect(course.ejected(at: 12) == [])
        course.refuse(1, at: 22)
        #expect(course.ejected(at: 22) == [1])
    }

    @Test func `what is not answered for three seconds has failed`() {
        var course = Course(options: "failures=1")
        let flow = course.begin(1, at: 1)
        for seconds in [1.1, 1.25, 2, 3.9] {
            for due in course.machine.flowsToLookAt(at: course.at(seconds)) {
                course.machine.lookedAt(due, found: flow, at: course.at(seconds))
            }
            course.settle(at: seconds)
            #expect(course.ejected(at: seconds) == [], "after \(seconds)")
        }
        #expect(course.machine.flowsToLookAt(at: course.at(4)) == [flow])
        course.machine.lookedAt(flow, found: flow, at: course.at(4))
        course.settle(at: 4)
        #expect(course.ejected(at: 4) == [1])
        #expect(course.change.ejections[Course.backend(1)] == Ejection(.silent, failures: 1, seconds: 30))
        #expect(course.machine.flowsToLookAt(at: course.at(100)).isEmpty)
    }

    @Test func `a connection that went away without a word counts for nothing`() {
        var course = Course(options: "failures=1")
        let first = course.begin(1, at: 1)
        course.machine.lookedAt(first, found: nil, at: course.at(2))
        let second = course.begin(1, at: 2)
        course.machine.connectionsReported([.ended(second, wasRefused: false)], at: course.at(3))
        course.settle(at: 3)
        #expect(course.ejected(at: 3) == [])
    }

    @Test(arguments: [
        (2, "on", 1), (3, "on", 1), (4, "on", 2), (5, "on", 2), (4, "max-percent=100", 3), (9, "max-percent=10", 1),
    ])
    func `only so many of the endpoints are ejected`(endpoints: Int, options: String, most: Int) {
        var course = Course(endpoints, options: options)
        // The last one stays good.
        for number in 1..<endpoints { course.refuse(number, at: 1, times: 6) }
        #expect(course.ejected(at: 1) == Array(1...most))
        let withheld = course.heard.filter { if case .withheld(_, _, .share) = $0 { true } else { false } }
        #expect(withheld.count == endpoints - 1 - most, "each is told once")
    }

    @Test func `when every endpoint fails all of them are used`() {
        var course = Course(4)
        for number in 1...3 { course.refuse(number, at: 1, times: 5) }
        #expect(course.ejected(at: 1) == [1, 2])
        course.refuse(4, at: 2, times: 5)
        #expect(course.ejected(at: 2) == [])
        #expect(course.heard.contains(.withheld(course.name, Course.backend(1), .allFail)))
        course.refuse(1, at: 31, times: 5)
        #expect(course.ejected(at: 31) == [], "not before as long as an ejection takes")
        course.refuse(1, at: 33, times: 5)
        #expect(course.ejected(at: 33) == [1])
    }

    @Test func `the only endpoint is never ejected, and nothing is watched for it`() {
        var course = Course(1, options: "failures=1")
        #expect(!course.machine.needsReports && !course.machine.isIdle)
        course.refuse(1, at: 1)
        #expect(course.ejected(at: 1) == [])
    }

    @Test func `it comes back, and stays away twice as long when it fails again`() {
        var course = Course(options: "failures=1,for=10s")
        var now = 0.0
        for length in [10.0, 20, 40, 80, 160, 160] {
            course.refuse(1, at: now)
            course.pass(to: now + length - 0.5)
            #expect(course.ejected(at: now + length - 0.5) == [1], "\(length) s")
            course.pass(to: now + length)
            #expect(course.ejected(at: now + length) == [], "\(length) s")
            now += length + 1
        }
        // Good for as long as it was away: as if nothing had been.
        now += 160
        course.refuse(1, at: now)
        course.pass(to: now + 10)
        #expect(course.ejected(at: now + 10) == [])
        #expect(course.heard.count { if case .returned = $0 { true } else { false } } == 7)
    }

    @Test func `an endpoint that leaves is forgotten, and those that remain are enough`() {
        var course = Course(4)
        for number in 1...2 { course.refuse(number, at: 1, times: 5) }
        #expect(course.ejected(at: 1) == [1, 2])
        course.endpoints([1, 2, 3], at: 2)
        #expect(course.ejected(at: 2) == [2], "the one that would have come back first does")
        course.endpoints([1, 3], at: 3)
        #expect(course.ejected(at: 3) == [])
        course.endpoints([1, 2, 3], at: 4)
        #expect(course.ejected(at: 4) == [], "what comes anew is new")
        #expect(course.machine.ejectedCounts == [:])
    }

    @Test func `without the annotation everything comes back`() {
        var course = Course()
        course.refuse(1, at: 1, times: 5)
        course.endpoints([1, 2, 3, 4], options: nil, at: 2)
        #expect(course.machine.isIdle && !course.machine.needsReports && course.change.ejections.isEmpty)
        #expect(course.machine.ejectedCounts == [:])
    }

    @Test func `only connections through the Service's own frontends count`() {
        var course = Course(options: "failures=1")
        course.refuse(1, at: 1, by: "10.96.0.2")
        course.refuse(1, at: 1, by: "10.96.0.1", port: 81)
        course.refuse(1, at: 1, by: "10.244.1.1", port: 8080)
        #expect(course.ejected(at: 1) == [])
        course.refuse(1, at: 2, by: "192.168.60.1", port: 30080)
        #expect(course.ejected(at: 2) == [1], "the node port is one of them")
    }

    @Test func `a bounded number of attempts is watched`() {
        var course = Course()
        let most = EjectionStateMachine<ManualInstant>.watchedPerEndpointMax
        for _ in 0..<(most + 10) { course.begin(1, at: 1) }
        let due = course.machine.flowsToLookAt(at: course.at(2))
        #expect(due.count == most)
        for flow in due { course.answer(flow, at: 2) }
        course.begin(1, at: 3)
        #expect(course.machine.flowsToLookAt(at: course.at(4)).count == 1, "answered ones make room")
    }
}

@Suite struct EjectedElementsTests {
    private func slots(_ change: ServiceChange, _ set: ProxySet = .endpoints) -> Set<KeyBytes> {
        let built = FrontendElements.build(change, family: .ipv4, .fixture())
        return Set(
            built.frontends.values.flatMap(\.self).filter { $0.set == set }.compactMap {
                if case .fields(let value) = $0.element.value { value } else { nil }
            })
    }

    private func value(_ number: Int) -> KeyBytes {
        var value = KeyBytes(IPAddress.fixture("10.244.1.\(number)"))
        value.append(8080 as Port)
        return value
    }

    private let ejection = Ejection(.refused, failures: 5, seconds: 30)

    @Test func `an ejected endpoint leaves the slots of its Service`() {
        var change = Course.change([1, 2, 3], options: "on")
        change.ejections = [Course.backend(2): ejection]
        #expect(slots(change) == [value(1), value(3)])
        #expect(slots(change, .nodePortEndpoints) == [value(1), value(3)])
    }

    @Test func `when nobody else is left, everybody is`() {
        var change = Course.change([1, 2], options: "on")
        change.ejections = [Course.backend(1): ejection, Course.backend(2): ejection]
        #expect(slots(change) == [value(1), value(2)])
    }

    @Test func `an endpoint of weight 0 is not enough to remain`() {
        var service = Service.fixture("web", ip: "10.96.0.1")
        service.metadata.annotations = ["skiff.dev/weights": "10.244.1.2=0"]
        var change = Course.change([1, 2], options: "on")
        change = ServiceChange(name: change.name, service: ProxyService(service), slices: change.slices)
        change.ejections = [Course.backend(1): ejection]
        #expect(slots(change) == [value(1)])
    }

    @Test func `UDP ports keep it`() {
        let service = Service.fixture("web", ip: "10.96.0.1", ports: [API.ServicePort(transport: "UDP", port: 53)])
        let slice = EndpointSlice.fixture(
            "web", [.on("node1", "10.244.1.1"), .on("node1", "10.244.1.2")], ports: [EndpointPort(transport: "UDP", port: 8080)])
        var change = ServiceChange(
            name: NamespacedName(namespace: "default", name: "web"), service: ProxyService(service),
            slices: [slice].compactMap(ProxySlice.init))
        change.ejections = [Course.backend(1): ejection]
        #expect(slots(change) == [value(1), value(2)])
    }

    @Test func `one that comes back starts slowly where the Service asks for that`() {
        var slow = SlowStart<ManualInstant>()
        var service = Service.fixture("web", ip: "10.96.0.1")
        service.metadata.annotations = ["skiff.dev/slow-start": "70"]
        var change = Course.change([1, 2], options: "on")
        change = ServiceChange(name: change.name, service: ProxyService(service), slices: change.slices)
        slow.apply(to: &change, at: .origin)
        change.ejections = [Course.backend(1): ejection]
        slow.apply(to: &change, at: .origin.advanced(by: .seconds(10)))
        change.ejections = [:]
        slow.apply(to: &change, at: .origin.advanced(by: .seconds(40)))
        #expect(change.ramps == [.fixture("10.244.1.1"): 1])
    }

    @Test func `the table tells of it only where a Service asks for ejection`() throws {
        var model = ProxyModel(family: .ipv4, configuration: .fixture())
        _ = model.update([Course.change([1, 2], options: nil)])
        #expect(model.desired().sets["ejected"] == nil)
        var change = Course.change([1, 2], options: "on")
        change.ejections = [Course.backend(2): ejection]
        _ = model.update([change])
        #expect(model.needsChains && model.takeEjectionNews())
        let table = model.desired()
        #expect(table.sets["ejected"]?.isDynamic == true)
        let told = try #require(model.ejected().first)
        #expect(model.ejected().count == 1)
        let text = Printer.print(told.element, of: try #require(table.sets["ejected"]))
        #expect(text == "10.96.0.1 . tcp . 80 . 10.244.1.2 : 10.244.1.2 . 8080")
        #expect(told.note == ElementNote(seconds: 30, comment: "5 attempts failed, the last one refused"))
        let read = EjectedEndpoint.read([told.element.key: told.element.value], notes: [told.element.key: told.note], .ipv4)
        #expect(read.map(\.text) == ["10.244.1.2:8080 (ejected, 30 s left: 5 attempts failed, the last one refused)"])
    }

    @Test func `dump shows it at every frontend of the Service port`() throws {
        let ejected = EjectedEndpoint(
            address: .fixture("10.96.0.1"), port: 80, backend: Backend(.fixture("10.244.1.3"), 8080), secondsLeft: 7,
            reason: "5 refused")
        let dump = TableDump(try #require(Demo.ruleset.tables.values.first), services: Demo.services, ejected: [ejected])
        let shown = dump.rows.filter { !$0.ejected.isEmpty }.map(\.frontend.text)
        #expect(shown == ["10.96.0.1:80/TCP", "172.16.9.1:80/TCP", "node:30080/TCP"])
        #expect(
            dump.cells.first { $0[0] == "node:30080/TCP" }?[4].contains("10.244.1.3:8080 (ejected, 7 s left: 5 refused)") == true)
    }
}

@Suite struct EjectionFindingTests {
    private func explained(_ ejected: [Int]) throws -> (finding: Finding?, candidates: [Backend]) {
        let objects = ClusterObjects(
            services: [.fixture("web", ip: "10.96.0.1")],
            slices: [.fixture("web", [.on("node1", "10.244.1.1"), .on("node1", "10.244.1.2")])],
            pods: [], nodes: [])
        let source = try #require(EndText(parsing: "192.168.60.9", namespace: "default"))
        let target = try #require(TargetText(parsing: "web:80", namespace: "default"))
        let resolved = QuestionResolver.resolve(from: source, to: target, in: objects, .init(nodeName: "node1")).question
        let question = try #require(resolved)
        let rules = NodeRuleset(
            nodeName: "node1", origin: .kernel, ruleset: Ruleset(), localAddresses: [],
            ejected: ejected.map { number in
                EjectedEndpoint(
                    address: .fixture("10.96.0.1"), port: 80, backend: Backend(.fixture("10.244.1.\(number)"), 80),
                    secondsLeft: 9,
                    reason: "5 refused")
            })
        var candidates = [1, 2].map { Candidate(backend: Backend(.fixture("10.244.1.\($0)"), 80)) }
        let finding = EjectionFinding.finding(question, &candidates, rules)
        return (finding, candidates.map(\.backend))
    }

    @Test func `explain leaves out who is ejected, and says why`() throws {
        let (finding, candidates) = try explained([1])
        #expect(candidates == [Backend(.fixture("10.244.1.2"), 80)])
        #expect(finding?.verdict == .note)
        #expect(finding?.summary == "1 of 2 endpoints fails and gets no new connections from node1")
        #expect(finding?.details == ["10.244.1.1:80 (ejected, 9 s left: 5 refused)"])
    }

    @Test func `when nobody else is left they are used, and explain says so`() throws {
        let (finding, candidates) = try explained([1, 2])
        #expect(candidates.count == 2)
        #expect(finding?.summary.hasSuffix("but nobody else is left: they are used") == true)
    }

    @Test func `nothing is said where none is ejected`() throws { #expect(try explained([]).finding == nil) }
}
