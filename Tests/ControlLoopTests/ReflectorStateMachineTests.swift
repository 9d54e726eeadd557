import ControlLoop
import Testing

@Suite struct ReflectorStateMachineTests {
    func machine() -> ReflectorStateMachine {
        ReflectorStateMachine(backoff: Backoff(initial: .seconds(1), maximum: .seconds(8)))
    }

    @Test func `watches from where the list ended and goes on from the last event`() {
        var machine = machine()
        #expect(machine.started() == .list)
        #expect(machine.listed(resourceVersion: "7") == .watch(from: "7"))
        machine.eventReceived(resourceVersion: "9")
        machine.eventReceived(resourceVersion: "12")
        #expect(machine.watchEnded(after: .seconds(300), events: 2, random: 0) == .watch(from: "12"))
    }

    @Test func `an expired revision means a list at once, and a pause when that repeats`() {
        var machine = machine()
        _ = machine.listed(resourceVersion: "7")
        #expect(machine.watchFailed(.expired, random: 0) == .list)
        _ = machine.listed(resourceVersion: "20")
        machine.eventReceived(resourceVersion: "21")
        #expect(machine.watchFailed(.expired, random: 0) == .list)
        #expect(machine.watchFailed(.expired, random: 0) == .wait(.seconds(1)))
        #expect(machine.woke() == .list)
    }

    @Test func `failures wait longer each time and return to what failed`() {
        var machine = machine()
        #expect(machine.listFailed(.other, random: 0) == .wait(.seconds(1)))
        #expect(machine.woke() == .list)
        #expect(machine.listFailed(.other, random: 0) == .wait(.seconds(2)))
        #expect(machine.listed(resourceVersion: "3") == .watch(from: "3"))
        #expect(machine.watchFailed(.other, random: 0) == .wait(.seconds(1)))
        #expect(machine.woke() == .watch(from: "3"))
    }

    @Test func `a watch that ends at once without an event counts as a failure`() {
        var machine = machine()
        _ = machine.listed(resourceVersion: "3")
        #expect(machine.watchEnded(after: .milliseconds(10), events: 0, random: 0) == .wait(.seconds(1)))
        #expect(machine.woke() == .watch(from: "3"))
        #expect(machine.watchEnded(after: .milliseconds(10), events: 1, random: 0) == .watch(from: "3"))
    }

    @Test func `the server's wish to be left alone is honoured`() {
        var machine = machine()
        #expect(machine.listFailed(.retryAfter(.seconds(30)), random: 0) == .wait(.seconds(30)))
    }
}
