import Lab
import Testing

@Suite struct RestartStateMachineTests {
    @Test func `a wanted component starts at once`() {
        var machine = RestartStateMachine()
        machine.wanted(at: .seconds(5))
        #expect(machine.due(at: .seconds(5)) == .start)
    }

    @Test func `one that keeps ending waits twice as long each time, and never longer than the limit`() {
        var machine = RestartStateMachine()
        var now = Duration.zero
        machine.wanted(at: now)
        var delays: [Duration] = []
        for _ in 0..<10 {
            machine.started(pid: 7, at: now)
            machine.exited(at: now)
            guard case .waiting(let at) = machine.state else {
                Issue.record("\(machine.state)")
                return
            }
            delays.append(at - now)
            now = at
        }
        #expect(delays.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(delays.last == RestartStateMachine.delayMax)
    }

    @Test func `one that had run well starts again soon`() {
        var machine = RestartStateMachine()
        machine.wanted(at: .zero)
        for _ in 0..<5 {
            machine.started(pid: 7, at: .zero)
            machine.exited(at: .zero)
        }
        machine.started(pid: 8, at: .seconds(100))
        machine.exited(at: .seconds(200))
        #expect(machine.due(at: .seconds(200)) == .wake(at: .seconds(200) + RestartStateMachine.delayMin))
        #expect(machine.restarts == 6)
    }

    @Test func `one that does not end when asked is killed at its deadline`() {
        var machine = RestartStateMachine()
        machine.wanted(at: .zero)
        machine.started(pid: 7, at: .zero)
        #expect(machine.unwanted(deadline: .seconds(5)) == 7)
        #expect(machine.due(at: .seconds(4)) == .wake(at: .seconds(5)))
        #expect(machine.due(at: .seconds(5)) == .kill(pid: 7))
        machine.exited(at: .seconds(5))
        #expect(machine.state == .stopped)
        #expect(machine.due(at: .seconds(60)) == .nothing)
    }

    @Test func `one that waits for its restart is simply not started`() {
        var machine = RestartStateMachine()
        machine.wanted(at: .zero)
        machine.started(pid: 7, at: .zero)
        machine.exited(at: .zero)
        #expect(machine.unwanted(deadline: .seconds(5)) == nil)
        #expect(machine.state == .stopped)
    }
}
