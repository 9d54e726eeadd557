import API
import ControlLoop
import Testing

@Suite struct EventCorrelatorTests {
    let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "ns", name: "web", uid: "1")
    let start = Timestamp(seconds: 1_800_000_000)

    @Test func `the same event again becomes a count`() {
        var correlator = EventCorrelator()
        let first = correlator.recorded(pod, type: "Normal", reason: "Pulled", message: "m", at: start)
        guard case .create(let name, "m") = first else {
            Issue.record("not created: \(first)")
            return
        }
        #expect(name.hasPrefix("web."))
        let second = correlator.recorded(pod, type: "Normal", reason: "Pulled", message: "m", at: start.adding(.seconds(1)))
        #expect(second == .repeated(name: name, message: "m", count: 2))
    }

    @Test func `many different messages of one reason are folded`() {
        var correlator = EventCorrelator()
        var last = EventCorrelator.Action.drop
        for number in 0..<12 {
            last = correlator.recorded(pod, type: "Warning", reason: "Failed", message: "m\(number)", at: start)
        }
        guard case .repeated(_, "(combined from similar events): m11", 2) = last else {
            Issue.record("not folded: \(last)")
            return
        }
    }

    @Test func `one object cannot flood the server`() {
        var correlator = EventCorrelator()
        let actions = (0..<40).map { _ in correlator.recorded(pod, type: "Normal", reason: "R", message: "m", at: start) }
        #expect(actions.count { $0 != .drop } == 25)
        let later = correlator.recorded(pod, type: "Normal", reason: "R", message: "m", at: start.adding(.seconds(300)))
        #expect(later != .drop)
    }
}
