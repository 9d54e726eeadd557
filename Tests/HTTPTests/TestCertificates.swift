/// Fixed credentials of one test authority: a server for `localhost` and `127.0.0.1`, a client `CN=alice`, and a stranger that signed itself.
enum TestCertificates {
    static let authority = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBejCCASGgAwIBAgIUGRQhMx6D5pgMMRnC+nD56OD9nV0wCgYIKoZIzj0EAwIw
        EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjEwODM5MjZaGA8yMTI2MTAyODA4
        MzkyNlowEjEQMA4GA1UEAwwHdGVzdC1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEH
        A0IABPMqHC0Egoa3K+V7ulocEgy0Uah8hX8t4IixX8GnGdCy4Osfj6PFTO0IC2VN
        KpKf5uzIS73bfIK5I9FjdxgXxqujUzBRMB0GA1UdDgQWBBSIySCZGNTnXoE2ooZi
        7aPnhczLmDAfBgNVHSMEGDAWgBSIySCZGNTnXoE2ooZi7aPnhczLmDAPBgNVHRMB
        Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIF0puysM3NhDdqH+LnAR+j/f6bVb
        HMbFccSOGwNybvaEAiAgPj8069b8Cl5Xdjj9kA5VmCslQOwvF4LF5rWLEsDLPQ==
        -----END CERTIFICATE-----

        """.utf8)
    static let serverCertificate = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUCgAwIBAgIUC9WI4pNFlVYFyn7I/ciftJDC5t0wCgYIKoZIzj0EAwIw
        EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjEwODM5MjZaGA8yMTI2MTAyODA4
        MzkyNlowETEPMA0GA1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
        QgAEKPl4/AFC90u/EWEsGO4/CklHIJ60cKGXn7d9xPLn8zZBX6IyPyyhDti9oqbm
        DQj7jb0+136u2GAZYN1czA1xu6NzMHEwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/
        AAABMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQWBBQV/r0xEFyr04AVAM6j
        nlzLdcv92zAfBgNVHSMEGDAWgBSIySCZGNTnXoE2ooZi7aPnhczLmDAKBggqhkjO
        PQQDAgNIADBFAiB8fgyA1RUll/+y58OfJwozypOD94w6i3GXyYR662vzNQIhAKp7
        WrrPMpBPe1HvFrqfvabm1aAlwDNsIp/PsGUG+eEt
        -----END CERTIFICATE-----

        """.utf8)
    static let serverKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqyyG5nNLrCOnT53q
        Olee6jtCJhM8yFaDuZzUBHoURgyhRANCAAQo+Xj8AUL3S78RYSwY7j8KSUcgnrRw
        oZeft33E8ufzNkFfojI/LKEO2L2ipuYNCPuNvT7Xfq7YYBlg3VzMDXG7
        -----END PRIVATE KEY-----

        """.utf8)
    static let clientCertificate = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBlzCCATygAwIBAgIUC9WI4pNFlVYFyn7I/ciftJDC5t4wCgYIKoZIzj0EAwIw
        EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjEwODM5MjZaGA8yMTI2MTAyODA4
        MzkyNlowKTEXMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMxDjAMBgNVBAMMBWFsaWNl
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhtgo44yfdfE3F6ujhuQmmkPulWUV
        jju5qTyJSzfjKlQUO13XNqDHaEahBR9M2wEqtCO+DL7JZW/FKajLSynuiKNXMFUw
        EwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFAzFDolDamKWU6V92ntsczK4
        stniMB8GA1UdIwQYMBaAFIjJIJkY1OdegTaihmLto+eFzMuYMAoGCCqGSM49BAMC
        A0kAMEYCIQDK2YeG6gbOvk5m7nshLWQ+OlPR4UxyuZ/WW48u1m1SoQIhAIrax65f
        1mOudFo1dCTZoWmz4jB8tb1hVW+TA9Zqj7Yj
        -----END CERTIFICATE-----

        """.utf8)
    static let clientKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggLt8UwcFp73ecjcy
        IGqukwehpccCG8Iw8hBvKZ7xS5+hRANCAASG2CjjjJ918TcXq6OG5CaaQ+6VZRWO
        O7mpPIlLN+MqVBQ7Xdc2oMdoRqEFH0zbASq0I74Mvsllb8UpqMtLKe6I
        -----END PRIVATE KEY-----

        """.utf8)
    static let strangerCertificate = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBfTCCASOgAwIBAgIUUWPPBzrB5S0VZVOoSoQVqbkPFUkwCgYIKoZIzj0EAwIw
        EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTIxMDgzOTI2WhgPMjEyNjEwMjgw
        ODM5MjZaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAERhZuNSNBnJoPM0n10UJEx+d500iPQdDtLB/sPapwyQbtphzXXbc3J3Jq
        lIFDC1e2R4JSqp5OHloYCOf4XsqDyKNTMFEwHQYDVR0OBBYEFM6m5RklFqsWRoof
        eTsVntoFzRJDMB8GA1UdIwQYMBaAFM6m5RklFqsWRoofeTsVntoFzRJDMA8GA1Ud
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgGHD2fqzu24JFv/Du2jGvuRaG
        8CmwAmEBdEDOh054J/ACIQCzwVmzipopksEA3TAeUoT+lPaiF2spI+wl+TBEOKTI
        EA==
        -----END CERTIFICATE-----

        """.utf8)
    static let strangerKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFhpwY8thXPtbXqNE
        /coi9ah925kR4YU5E2VlcALKFrOhRANCAARGFm41I0Gcmg8zSfXRQkTH53nTSI9B
        0O0sH+w9qnDJBu2mHNddtzcncmqUgUMLV7ZHglKqnk4eWhgI5/heyoPI
        -----END PRIVATE KEY-----

        """.utf8)
}
