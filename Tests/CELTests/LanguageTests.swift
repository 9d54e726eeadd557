import JSON
import Testing

@testable import CEL

@Suite struct LanguageTests {
    @Test(arguments: [
        ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("-3 + 5", "2"), ("- 3", "-3"), ("7 / 2", "3"), ("-7 / 2", "-3"),
        ("7 % -3", "1"),
        ("1u + 2u", "3u"), ("0x1F", "31"), ("0xau", "10u"), ("1.5e2", "150.0"), (".5", "0.5"), ("1.0 / 0.0", "+Inf"),
        ("'a' + 'b'", "\"ab\""), ("[1] + [2]", "[1, 2]"), ("b'ab' + b'c'", "b[97, 98, 99]"), ("2 - 1 - 1", "0"),
        ("!true", "false"),
        ("!!true", "true"), ("1 < 2 && 2 <= 2", "true"), ("dyn(1) == 1.0", "true"), ("dyn(1u) == 1", "true"),
        ("'a' < 'b'", "true"),
        ("true ? 1 : 2", "1"), ("false ? 1 : true ? 2 : 3", "2"), ("2 in [1, 2]", "true"), ("'a' in {'a': 1}", "true"),
        ("{'a': 1}['a']", "1"), ("[1, 2][1]", "2"), ("{1: 'x'}[1]", "\"x\""), ("[[1]] == [[1]]", "true"),
        ("null == null", "true"),
        ("{'a': [1]} == {'a': [1]}", "true"), ("r'a\\n'", "\"a\\n\""), ("'''a'b'''", "\"a'b\""),
        ("\"\\u0041\\x42\\103\"", "\"ABC\""),
        ("b'\\xff\\377'", "b[255, 255]"), ("'\\U0001F600'.size()", "1"), ("'é'.size()", "1"), ("b'é'.size()", "2"),
        ("type(1)", "int"), ("type(1) == int", "true"), ("type('a') == string", "true"), ("type(type(1)) == type", "true"),
        ("dyn(1) == 'a'", "false"), ("// remark\n1", "1"), ("1 // remark", "1"), ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"), ("[1, 2,]", "[1, 2]"), ("{'a': 1,}.a", "1"), ("1 - -1", "2"),
        ("true || false && false", "true"), ("5 == 5 == true", "true"), ("object.replicas", "3"), ("object['name']", "\"web\""),
        ("object.`a-b`", "1"), ("object.items[1].name", "\"y\""), ("object.none == null", "true"), ("has(object.name)", "true"),
        ("has(object.absent)", "false"), ("has(object.labels.app)", "true"), ("size(object.ports)", "2"),
        ("timestamp('2023-01-01T00:00:00Z') < timestamp('2023-01-02T00:00:00Z')", "true"),
        ("timestamp('2023-01-01T00:00:00Z') + duration('1h') == timestamp('2023-01-01T01:00:00Z')", "true"),
        ("timestamp('2023-01-02T00:00:00Z') - timestamp('2023-01-01T00:00:00Z') == duration('24h')", "true"),
    ])
    func `evaluates operators and literals`(text: String, value: String) {
        #expect(ExpressionFixture.show(text) == value)
    }

    @Test(arguments: [
        ("[1, 2, 3].all(x, x > 0)", "true"), ("[1, 2].exists(x, x == 2)", "true"), ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2].existsOne(x, x == 2)", "true"), ("[1, 2].map(x, x * 2)", "[2, 4]"), ("[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"),
        ("[1, 2, 3].filter(x, x > 1)", "[2, 3]"), ("{'a': 1, 'b': 2}.all(k, k != 'c')", "true"),
        ("{'a': 1}.map(k, k)", "[\"a\"]"),
        ("[[1, 2], [3]].all(l, l.all(x, x > 0))", "true"), ("[1, 2].map(x, [3].map(y, x + y))", "[[4], [5]]"),
        ("['a', 'b'].all(i, v, i < 2 && v != 'c')", "true"), ("['a', 'b'].exists(i, v, i == 1 && v == 'b')", "true"),
        ("{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"), ("[5, 6].transformList(i, v, i + v)", "[5, 7]"),
        ("[5, 6].transformList(i, v, i == 1, v)", "[6]"), ("[5, 6].transformMap(i, v, v * 2)", "{0: 10, 1: 12}"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v)", "{\"b\": 2}"),
        ("{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{\"x\": \"a\"}"), ("[1, 2].exists_one(i, v, v == 2)", "true"),
        ("object.items.map(i, i.n)", "[1, 2]"), ("object.labels.exists(k, k == 'app')", "true"), ("[].all(x, false)", "true"),
        ("object.items.filter(i, i.name == 'y')[0].n", "2"), ("[1, 2].all(x, [1, 2].exists(y, x == y))", "true"),
    ])
    func `evaluates macros`(text: String, value: String) {
        #expect(ExpressionFixture.show(text) == value)
    }

    @Test(arguments: [
        ("1 / 0", "error: division by zero"), ("1 % 0", "error: modulus by zero"),
        ("9223372036854775807 + 1", "error: integer overflow"),
        ("-(-9223372036854775807 - 1)", "error: integer overflow"), ("0u - 1u", "error: unsigned integer overflow"),
        ("[1][1]", "error: index out of bounds: 1"), ("object.absent", "error: no such key: absent"),
        ("{'a': 1}['b']", "error: no such key: b"), ("object.name.deeper", "error: no such overload"),
        ("object.name + 1", "error: no such overload"), ("true || 1 / 0 == 1", "true"), ("1 / 0 == 1 || true", "true"),
        ("false && 1 / 0 == 1", "false"), ("1 / 0 == 1 && false", "false"), ("1 / 0 == 1 || false", "error: division by zero"),
        ("true && 1 / 0 == 1", "error: division by zero"), ("[0, 1].exists(x, 1 / x == 1)", "true"),
        ("[0, 1].all(x, 1 / x == 1)", "error: division by zero"), ("[0, 2].all(x, 1 / x == 1)", "false"),
        ("object.absent == 1 || object.replicas == 3", "true"), ("other", "error: no such attribute(s): other"),
        ("int('x')", "error: type conversion error from 'string' to 'int'"), ("int(1e30)", "error: integer overflow"),
        ("uint(-1)", "error: unsigned integer overflow"), ("{'a': 1, 'a': 2}", "error: Failed with repeated key"),
        ("object.replicas ? 1 : 2", "error: no such overload"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
    ])
    func `fails as the language says`(text: String, value: String) {
        #expect(ExpressionFixture.show(text) == value)
    }

    @Test(arguments: [
        ("optional.of(1).value()", "1"), ("optional.none().hasValue()", "false"),
        ("optional.of(1).or(optional.of(2)).value()", "1"),
        ("optional.none().orValue(3)", "3"), ("object.?name", "some(\"web\")"), ("object.?absent", "none"),
        ("object.?absent.?deeper.orValue('x')", "\"x\""), ("object.?labels.app", "some(\"a\")"), ("object.ports[?0]", "some(80)"),
        ("object.ports[?9].orValue(1)", "1"), ("{'a': 1}[?'b'].hasValue()", "false"), ("optional.ofNonZeroValue('')", "none"),
        ("optional.of(2).optMap(x, x * 2)", "some(4)"), ("optional.none().optMap(x, x)", "none"),
        ("optional.of(2).optFlatMap(x, optional.none())", "none"), ("[?optional.of(1), ?optional.none(), 2]", "[1, 2]"),
        ("{?'a': optional.none(), 'b': 1}", "{\"b\": 1}"), ("has(object.?labels.app)", "true"),
        ("optional.none().value()", "error: optional.none() dereference"), ("optional.of(1) == optional.of(1)", "true"),
    ])
    func `knows optional values`(text: String, value: String) {
        #expect(ExpressionFixture.show(text) == value)
    }

    @Test(arguments: [
        "", "1 +", "(1", "[1", "{'a'}", "a.b.", "'abc", "1 2", "if", "a ? b", "&& a", "0x", "\"\\q\"", "a.all(x)", "has(a)", "@",
        "1.e",
        "x.map(1, 2)", "'\\uD800'", "object.`a", "for.x",
    ])
    func `refuses what is no expression`(text: String) {
        #expect(ExpressionFixture.show(text).hasPrefix("invalid: "))
    }

    @Test func `keeps lists of numbers of a schema as the schema says`() throws {
        let type = SchemaType.object(
            "T",
            [
                .init("n", .double), .init("i", .int), .init("l", .list(.double)), .init("m", .map(.string)), .init("b", .bytes),
                .init("t", .timestamp), .init("d", .duration), .init("a-b", .int), .init("namespace", .string),
                .init("set", .list(.string, kind: .set)),
            ])
        let environment = ExpressionEnvironment(["self": type])
        let value: JSONValue = [
            "n": 1, "i": 2, "l": [1, 2], "m": ["k": "v"], "b": "YWI=", "t": "2024-01-01T00:00:00Z", "d": "90s", "a-b": 3,
            "namespace": "x", "set": ["a", "b"],
        ]
        for (text, wanted) in [
            ("self.n / 2.0", "0.5"), ("self.l.sum()", "3.0"), ("self.m.k", "\"v\""), ("self.b.size()", "2"),
            ("self.t.getFullYear()", "2024"), ("self.d == duration('1m30s')", "true"), ("self.a__dash__b + self.i", "5"),
            ("self.__namespace__", "\"x\""), ("self.set == ['b', 'a']", "true"),
            ("self.set + ['a', 'c']", "[\"a\", \"b\", \"c\"]"),
            ("has(self.a__dash__b)", "true"),
        ] {
            let program = try environment.compile(text)
            #expect(ExpressionFixture.show(program.evaluate(["self": CELValue(value, type)]).result) == wanted, "\(text)")
        }
    }
}
