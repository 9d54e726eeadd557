import Testing

@testable import CEL

@Suite struct LibraryTests {
    @Test(arguments: [
        ("'tacocat'.charAt(3)", "\"o\""), ("'abc'.charAt(3)", "\"\""), ("'abc'.charAt(4)", "error: index out of range: 4"),
        ("'hello mellow'.indexOf('ello')", "1"), ("'hello mellow'.indexOf('jello')", "-1"), ("'hello mellow'.indexOf('')", "0"),
        ("'hello mellow'.indexOf('ello', 2)", "7"), ("'hello mellow'.indexOf('ello', 20)", "error: index out of range: 20"),
        ("'hello mellow'.lastIndexOf('ello')", "7"), ("'hello mellow'.lastIndexOf('ello', 6)", "1"),
        ("'hello mellow'.lastIndexOf('')", "12"), ("['a', 'b'].join()", "\"ab\""), ("['a', 'b'].join('-')", "\"a-b\""),
        ("'TacoCat'.lowerAscii()", "\"tacocat\""), ("'TacoCÆt'.lowerAscii()", "\"tacocÆt\""), ("'a'.upperAscii()", "\"A\""),
        ("'hello hello'.replace('he', 'we')", "\"wello wello\""), ("'hello hello'.replace('he', 'we', 1)", "\"wello hello\""),
        ("'hello hello'.replace('', '_')", "\"_h_e_l_l_o_ _h_e_l_l_o_\""), ("'hello'.replace('h', '', -1)", "\"ello\""),
        ("'a b c'.split(' ')", "[\"a\", \"b\", \"c\"]"), ("'a b c'.split(' ', 0)", "[]"),
        ("'a b c'.split(' ', 2)", "[\"a\", \"b c\"]"),
        ("'abc'.split('')", "[\"a\", \"b\", \"c\"]"), ("'tacocat'.substring(4)", "\"cat\""),
        ("'tacocat'.substring(0, 4)", "\"taco\""),
        ("'tacocat'.substring(3, 2)", "error: invalid substring range. start: 3, end: 2"), ("' \\ta b\\n'.trim()", "\"a b\""),
        ("'gums'.reverse()", "\"smug\""), ("strings.quote('a\\n\"b\"')", "\"\"a\\n\\\"b\\\"\"\""),
        ("'abc'.contains('bc')", "true"),
        ("'abc'.startsWith('ab')", "true"), ("'abc'.endsWith('bc')", "true"), ("'abc'.endsWith('abcd')", "false"),
        ("'Hello123'.matches('^[A-Z][a-z]+\\\\d+$')", "true"), ("matches('abc', 'b')", "true"),
        ("'abc 123'.find('[0-9]+')", "\"123\""),
        ("'abc'.find('[0-9]+')", "\"\""), ("'1 2 3'.findAll('[0-9]')", "[\"1\", \"2\", \"3\"]"),
        ("'1 2 3'.findAll('[0-9]', 2)", "[\"1\", \"2\"]"),
        ("jsonpatch.escapeKey('a/b~c')", "\"a~1b~0c\""),
    ])
    func `knows strings`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    @Test(arguments: [
        ("'%s is %d'.format(['x', 5])", "\"x is 5\""), ("'%%'.format([])", "\"%\""), ("'%.2f'.format([3.14159])", "\"3.14\""),
        ("'%f'.format([2.5])", "\"2.500000\""), ("'%e'.format([1052.032911275])", "\"1.052033e+03\""),
        ("'%x'.format([255])", "\"ff\""),
        ("'%X'.format([255])", "\"FF\""), ("'%b'.format([5])", "\"101\""), ("'%b'.format([true])", "\"1\""),
        ("'%o'.format([8])", "\"10\""),
        ("'%x'.format(['ab'])", "\"6162\""), ("'%s'.format([[1, 'a', null]])", "\"[1, a, null]\""),
        ("'%s'.format([{'b': 1, 'a': 2}])", "\"{a: 2, b: 1}\""),
        ("'%s'.format([1.5])", "\"1.5\""), ("'%s'.format([duration('90s')])", "\"90s\""),
        ("'%d'.format(['a'])", "error: error during formatting: decimal clause can only be used on integers"),
        ("'%s'.format([])", "error: index 0 out of range"), ("'%.0f'.format([0.5])", "\"0\""),
        ("'%.1f'.format([0.25])", "\"0.2\""), ("'%.3e'.format([9.9999])", "\"1.000e+01\""),
    ])
    func `formats`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    @Test(arguments: [
        ("int('42')", "42"), ("int(3.9)", "3"), ("int(7u)", "7"), ("uint(7)", "7u"), ("double('1.5')", "1.5"),
        ("double(2)", "2.0"),
        ("string(1.5)", "\"1.5\""), ("string(1e21)", "\"1e+21\""), ("string(100000.0)", "\"100000\""),
        ("string(true)", "\"true\""), ("string(b'ab')", "\"ab\""),
        ("string(timestamp('2023-01-01T00:00:00.5Z'))", "\"2023-01-01T00:00:00.5Z\""), ("string(duration('1h'))", "\"3600s\""),
        ("bytes('ab')", "b[97, 98]"), ("bool('true')", "true"), ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
        ("duration('1.5h').getMinutes()", "90"),
        ("timestamp('2024-02-29T10:20:30.123+02:00').getHours()", "8"),
        ("timestamp('2024-02-29T10:20:30Z').getHours('+02:00')", "12"),
        ("timestamp('2024-02-29T10:20:30Z').getDate()", "29"), ("timestamp('2024-02-29T10:20:30Z').getDayOfMonth()", "28"),
        ("timestamp('2024-02-29T10:20:30Z').getMonth()", "1"), ("timestamp('2024-02-29T10:20:30Z').getDayOfWeek()", "4"),
        ("timestamp('2024-03-01T00:00:00Z').getDayOfYear()", "60"),
        ("timestamp('2024-03-01T00:00:00.250Z').getMilliseconds()", "250"),
        ("timestamp('2023-12-31T23:30:00Z').getFullYear('+01:00')", "2024"),
        ("timestamp(0) == timestamp('1970-01-01T00:00:00Z')", "true"),
        ("duration('-1.5s') == duration('-1500ms')", "true"), ("size('abc')", "3"), ("{'a': 1}.size()", "1"), ("size([1])", "1"),
    ])
    func `converts`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    @Test(arguments: [
        ("[1, 2, 2].isSorted()", "true"), ("['b', 'a'].isSorted()", "false"), ("[1, 3].sum()", "4"), ("[1.0, 3.0].sum()", "4.0"),
        ("[3, 1, 2].min()", "1"),
        ("['a', 'c', 'b'].max()", "\"c\""), ("[1, 2, 1].indexOf(1)", "0"), ("[1, 2, 1].lastIndexOf(1)", "2"),
        ("[1].indexOf(5)", "-1"),
        ("[].isSorted()", "true"), ("sets.contains([1, 2], [2])", "true"), ("sets.contains([1], [1, 2])", "false"),
        ("sets.equivalent([1, 2, 2], [2, 1])", "true"),
        ("sets.intersects([1, 2], [2, 3])", "true"), ("sets.intersects([1], [])", "false"),
        ("[duration('1s'), duration('1m')].sum() == duration('61s')", "true"),
        ("object.ports.sum()", "523"), ("object.ports.max() == 443", "true"),
    ])
    func `knows lists and sets`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    @Test(arguments: [
        ("url('https://user@example.com:80/a%20b?k=1&k=2').getHost()", "\"example.com:80\""),
        ("url('https://[::1]:80/').getHostname()", "\"::1\""),
        ("url('https://[::1]:80/').getPort()", "\"80\""),
        (
            "url('https://a.b/p q').getPort()",
            "error: URL parse error during conversion from string: parse \"https://a.b/p q\": invalid URI for request"
        ),
        ("url('https://a.b/p%20q').getEscapedPath()", "\"/p%20q\""),
        ("url('https://a/?k=1&k=2&j=x%20y').getQuery()", "{\"k\": [\"1\", \"2\"], \"j\": [\"x y\"]}"),
        ("url('https://a.b').getScheme()", "\"https\""), ("isURL('/abs')", "true"), ("isURL('../rel')", "false"),
        ("isURL('https://a:b:c')", "false"), ("isURL('')", "false"),
        ("url('https://a.b') == url('https://a.b')", "true"), ("ip('192.168.0.1').family()", "4"),
        ("ip('::1').isLoopback()", "true"), ("isIP('1.2.3')", "false"), ("isIP('::ffff:1.2.3.4')", "false"),
        ("string(ip('2001:DB8:0:0:0:0:0:1'))", "\"2001:db8::1\""), ("ip.isCanonical('2001:db8::1')", "true"),
        ("ip.isCanonical('2001:DB8::1')", "false"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"), ("cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", "false"),
        ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"),
        ("cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))", "false"),
        ("string(cidr('10.1.2.3/8').masked())", "\"10.0.0.0/8\""), ("cidr('10.0.0.0/8').prefixLength()", "8"),
        ("string(cidr('10.0.0.0/8').ip())", "\"10.0.0.0\""), ("isCIDR('10.0.0.0/33')", "false"),
        ("ip('fe80::1').isLinkLocalUnicast()", "true"), ("ip('8.8.8.8').isGlobalUnicast()", "true"),
    ])
    func `knows URLs and addresses`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    @Test(arguments: [
        ("quantity('1.5G').isGreaterThan(quantity('1Gi'))", "true"), ("quantity('500m').compareTo(quantity('0.5'))", "0"),
        ("quantity('50k').asInteger()", "50000"),
        ("quantity('1500m').isInteger()", "false"), ("quantity('1500m').asInteger()", "error: cannot convert value to integer"),
        ("quantity('1500m').asApproximateFloat()", "1.5"),
        ("quantity('1Ki').add(quantity('1')).asInteger()", "1025"), ("quantity('10').sub(3).asInteger()", "7"),
        ("isQuantity('1.3Gi')", "true"), ("isQuantity('1,3G')", "false"),
        ("quantity('-1').sign()", "-1"), ("quantity('1e3') == quantity('1k')", "true"),
        ("quantity('1').isLessThan(quantity('2'))", "true"), ("isQuantity('')", "false"),
        ("semver('1.2.3').isLessThan(semver('1.10.0'))", "true"), ("semver('1.0.0-alpha').compareTo(semver('1.0.0'))", "-1"),
        ("isSemver('1.2')", "false"), ("semver('v1.2', true).patch()", "0"),
        ("semver('1.2.3').major()", "1"), ("semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))", "true"),
        ("isSemver('01.2.3')", "false"), ("isSemver('1.2.3+build')", "true"),
        ("format.dns1123Label().validate('my-name')", "none"),
        ("format.dns1123Label().validate('a.b').value()[0]", "\"must not contain dots\""),
        ("format.named('uuid').value().validate('6ba7b810-9dad-11d1-80b4-00c04fd430c8').hasValue()", "false"),
        ("format.named('nope').hasValue()", "false"),
        ("!format.dns1035LabelPrefix().validate('abc-').hasValue()", "true"),
        ("format.date().validate('2021-13-01').hasValue()", "true"), ("format.labelValue().validate('').hasValue()", "false"),
    ])
    func `knows quantities, versions and formats`(text: String, value: String) { #expect(ExpressionFixture.show(text) == value) }

    struct Rules: AuthorizationSource {
        func decide(_ query: AuthorizationQuery) -> AuthorizationAnswer {
            AuthorizationAnswer(
                isAllowed: query.verb == "get" && (query.resource == "pods" || query.path == "/healthz")
                    && query.serviceAccount == nil,
                reason: "\(query.namespace)/\(query.name)")
        }
    }

    @Test(arguments: [
        ("authorizer.group('').resource('pods').namespace('a').name('b').check('get').allowed()", "true"),
        ("authorizer.group('').resource('pods').namespace('a').name('b').check('get').reason()", "\"a/b\""),
        ("authorizer.path('/healthz').check('get').allowed()", "true"),
        ("authorizer.path('').check('get').allowed()", "error: path must not be empty"),
        ("authorizer.serviceAccount('n', 's').group('').resource('pods').check('get').allowed()", "false"),
        ("authorizer.group('').resource('pods').subresource('log').check('list').errored()", "false"),
        (
            "[1, 2, 3].all(x, authorizer.group('').resource('pods').check('get').allowed())",
            "error: operation cancelled: actual cost limit exceeded"
        ),
    ])
    func `asks the authorizer`(text: String, value: String) throws {
        let program = try ExpressionEnvironment(["authorizer": .authorizer]).compile(text)
        let result = program.evaluate(["authorizer": .opaque(.authorizer(AuthorizerValue(Rules())))]).result
        #expect(ExpressionFixture.show(result) == value)
    }
}
