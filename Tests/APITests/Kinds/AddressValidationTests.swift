import Testing

@testable import API

@Suite struct AddressValidationTests {
    @Test(arguments: ["10.0.0.1", "::1", "2001:db8::1", "fe80::1"])
    func `takes addresses`(text: String) { #expect(AddressValidation.address(text, FieldPath("ip")).isEmpty) }

    @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.1/24", "fe80::1%eth0", "::g"])
    func `refuses what is no address`(text: String) {
        #expect(
            AddressValidation.address(text, FieldPath("ip")).map(\.description) == [
                "ip: Invalid value: \"\(text)\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ])
    }

    @Test(arguments: ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64"])
    func `takes prefixes`(text: String) { #expect(AddressValidation.prefix(text, FieldPath("cidr")).isEmpty) }

    @Test(arguments: ["10.0.0.0", "10.0.0.0/33", "2001:db8::/129", "x/8"])
    func `refuses what is no prefix`(text: String) {
        #expect(
            AddressValidation.prefix(text, FieldPath("cidr")).map(\.description) == [
                "cidr: Invalid value: \"\(text)\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            ])
    }

    @Test func `asks for prefixes without host bits, and old ones stay`() {
        let path = FieldPath("cidr")
        #expect(!AddressValidation.prefix("10.0.0.1/8", path).isEmpty)
        #expect(AddressValidation.prefix("10.0.0.1/8", path, known: ["10.0.0.1/8"]).isEmpty)
        #expect(!AddressValidation.address("010.0.0.1", path).isEmpty)
        #expect(AddressValidation.address("010.0.0.1", path, known: ["010.0.0.1"]).isEmpty)
    }
}
