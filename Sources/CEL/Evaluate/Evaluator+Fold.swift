// Comprehensions.
extension Evaluator {
    func fold(_ fold: Expression.Comprehension) throws(EvaluationError) -> CELValue {
        let range = try value(fold.range)
        let initial = try value(fold.initial)
        let outer = locals.count
        defer { locals.removeSubrange(outer...) }
        locals.append(Local(name: fold.accumulator, value: initial))
        switch range {
        case .list(let list):
            for index in 0..<list.count {
                guard try step(fold, at: outer, list, index) else { break }
            }
        case .map(let map):
            for key in map.keys {
                let beside = fold.second == nil ? nil : try map.value(key)
                guard try step(fold, at: outer, key, beside) else { break }
            }
        default: throw .noSuchOverload
        }
        return try value(fold.result)
    }

    private func step(
        _ fold: Expression.Comprehension, at place: Int, _ list: CELList, _ index: Int
    ) throws(EvaluationError) -> Bool {
        if fold.second == nil { return try step(fold, at: place, list[index], nil) }
        return try step(fold, at: place, .int(Int64(index)), list[index])
    }

    /// False when the condition says that no further element changes the result.
    private func step(
        _ fold: Expression.Comprehension, at place: Int, _ first: CELValue, _ second: CELValue?
    ) throws(EvaluationError) -> Bool {
        locals.append(Local(name: fold.variable, value: first))
        if let name = fold.second { locals.append(Local(name: name, value: second ?? .null)) }
        defer { locals.removeSubrange((place + 1)...) }
        guard try value(fold.condition).bool ?? false else { return false }
        try accumulate(fold.step, fold, at: place)
        return true
    }

    /// Adds to lists and maps in place: a copy for each element would make folds quadratic.
    private func accumulate(
        _ step: Expression, _ fold: Expression.Comprehension, at place: Int
    ) throws(EvaluationError) {
        switch step.kind {
        case .operation(.conditional, let operands):
            guard case .bool(let flag) = try value(operands[0]) else { throw .noSuchOverload }
            try accumulate(operands[flag ? 1 : 2], fold, at: place)
            return
        case .identifier(fold.accumulator):
            try charge(1)
            return
        case .operation(.add, let operands):
            guard case .identifier(fold.accumulator) = operands[0].kind,
                case .list(let elements, let optionals) = operands[1].kind,
                elements.count == 1, optionals.isEmpty
            else { break }
            let element = try value(elements[0])
            try charge(CallCost.listCreation + 2)
            append(element, at: place)
            return
        case .call("cel.@mapInsert", nil, let arguments): return try insert(arguments, at: place)
        default: break
        }
        do throws(EvaluationError) {
            locals[place].value = try value(step)
            locals[place].failure = nil
        } catch {
            // A quantifier goes on behind an element that failed: a later one may decide.
            guard error.kind == .failed, case .operation(.notStrictlyFalse, _) = fold.condition.kind else { throw error }
            locals[place].failure = error
        }
    }

    private func append(_ element: CELValue, at place: Int) {
        guard case .list(var list) = locals[place].value, case .values(var values) = list.storage else { return }
        // The array must have one owner, else it is copied.
        locals[place].value = .null
        list.storage = .values([])
        values.append(element)
        list.storage = .values(values)
        locals[place].value = .list(list)
    }

    private func insert(_ arguments: [Expression], at place: Int) throws(EvaluationError) {
        var added: [(CELValue, CELValue)] = []
        if arguments.count == 3 {
            let key = try value(arguments[1])
            added.append((key, try value(arguments[2])))
        } else {
            guard case .map(let map) = try value(arguments[1]) else { throw .noSuchOverload }
            for key in map.keys { added.append((key, try map.value(key) ?? .null)) }
        }
        try charge(2)
        guard case .map(var map) = locals[place].value, case .entries(var entries) = map.storage else {
            throw .noSuchOverload
        }
        locals[place].value = .null
        map.storage = .entries(MapEntries())
        for (key, value) in added {
            guard entries.insert(key, value) else {
                throw EvaluationError("insert failed: key \(CELText.plain(key)) already exists")
            }
        }
        map.storage = .entries(entries)
        locals[place].value = .map(map)
    }
}
