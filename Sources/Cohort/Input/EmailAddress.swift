/// E-mail addresses as Medusa accepts them.
package enum EmailAddress {
    /// Whether text is an address in the sense of validator.js with its defaults, full length and nothing
    /// around it. Says nothing about whether mail would arrive.
    ///
    /// A quoted local part has to be closed, which validator.js fails to check.
    ///
    /// - Source: validator.js 13.9, `isEmail` and `isFQDN`.
    package static func isValid(_ text: String) -> Bool {
        guard text.utf16.count <= 254, let at = text.unicodeScalars.lastIndex(of: "@") else {
            return false
        }
        let local = text.unicodeScalars[..<at]
        let domain = text.unicodeScalars[text.unicodeScalars.index(after: at)...]
        guard local.reduce(0, { $0 + UTF8.width($1) }) <= 64,
            domain.reduce(0, { $0 + UTF8.width($1) }) <= 254
        else { return false }
        return isLocalPart(Array(local)) && isDomain(Array(domain))
    }

    /// Lower case as Medusa stores and looks for addresses, which is JavaScript's: a capital sigma that ends a word becomes
    /// the small one that does.
    ///
    /// - Source: Unicode 15, section 3.13, Final_Sigma; ECMA-262, section 22.1.3.28.
    package static func lowercased(_ text: String) -> String {
        guard text.unicodeScalars.contains("Σ") else { return text.lowercased() }
        // Whether a letter with a case is next, passing over what is ignored; once from each side, as text may be long.
        func isNextCased(to scalars: some Sequence<Unicode.Scalar>) -> [Bool] {
            var isCased = false
            return scalars.map { scalar in
                defer {
                    if !scalar.properties.isCaseIgnorable { isCased = scalar.properties.isCased }
                }
                return isCased
            }
        }
        let before = isNextCased(to: text.unicodeScalars)
        let after = isNextCased(to: text.unicodeScalars.reversed()).reversed()
        var lower = ""
        for (scalar, (isBehind, isBefore)) in zip(text.unicodeScalars, zip(before, after)) {
            lower +=
                scalar == "Σ" && isBehind && !isBefore ? "ς" : scalar.properties.lowercaseMapping
        }
        return lower
    }

    private static func isLocalPart(_ local: [Unicode.Scalar]) -> Bool {
        if local.first == "\"" { return isQuoted(local) }
        return local.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomCharacter) }
    }

    private static func isAtomCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=",
            "?", "^", "_", "`", "{", "|", "}", "~":
            true
        default: isForeign(scalar)
        }
    }

    private static func isForeign(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xa0...0xd7ff, 0xf900...0xfdcf, 0xfdf0...0xffef: true
        default: false
        }
    }

    private static func isQuoted(_ local: [Unicode.Scalar]) -> Bool {
        guard local.count >= 2, local.last == "\"" else { return false }
        var isEscaped = false
        for scalar in local[1..<local.count - 1] {
            if isEscaped {
                guard isForeign(scalar) || 0x01...0x7f ~= scalar.value && scalar.value != 0x0a
                else {
                    return false
                }
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                guard isForeign(scalar) || 0x01...0x7f ~= scalar.value && scalar != "\"" else {
                    return false
                }
            }
        }
        return !isEscaped
    }

    private static func isDomain(_ domain: [Unicode.Scalar]) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, isTopLevel(last) else { return false }
        return labels.allSatisfy(isLabel)
    }

    private static func isLabel(_ label: ArraySlice<Unicode.Scalar>) -> Bool {
        // In UTF-16, as JavaScript counts.
        let length = label.reduce(0) { $0 + UTF16.width($1) }
        guard 1...63 ~= length, label.first != "-", label.last != "-" else { return false }
        return label.allSatisfy { scalar in
            switch scalar.value {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: true
            case 0xff01...0xff5e: false  // full-width forms of ASCII
            default: scalar.value >= 0xa1
            }
        }
    }

    private static func isTopLevel(_ label: ArraySlice<Unicode.Scalar>) -> Bool {
        let letters = label.allSatisfy { scalar in
            switch scalar.value {
            case 0x41...0x5a, 0x61...0x7a: true
            case 0xa9, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
                false
            default: scalar.value >= 0xa1 && isForeign(scalar)
            }
        }
        if letters && label.count >= 2 { return true }
        let ascii = label.map { UInt8(exactly: $0.value).map { $0 | 0x20 } ?? 0 }
        return ascii.count >= 4 && ascii.starts(with: "xn".utf8)
            && label.dropFirst(2).allSatisfy { scalar in
                switch scalar.value {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: true
                default: false
                }
            }
    }
}
