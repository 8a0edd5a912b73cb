//! Regular expressions of documents (ECMA-262), as far as they mean the same to the runtime's engine.

/// Accepts a pattern that both engines read alike; says why not otherwise.
///
/// The `regex` crate refuses look-around and back-references, and *accepts with another meaning* what is checked for here:
/// nested classes, `&&`, `--`, `~~`, possessive-looking quantifiers, `\p`, `\<`, inline flags.
pub fn check(pattern: &str) -> Result<(), String> {
    if pattern.is_empty() {
        return Ok(());
    }
    if !pattern.is_ascii() || pattern.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(format!("the pattern `{pattern}` holds characters that engines read differently"));
    }
    check_tokens(pattern.as_bytes())
        .map_err(|what| format!("the pattern `{pattern}` uses {what}, which engines read differently"))?;
    match regex::RegexBuilder::new(pattern).unicode(false).size_limit(1 << 20).build() {
        // Without Unicode classes `.` and `[^a]` could match half a character; with them `\d` would match any digit.
        // The second is what `.` needs, so patterns with `.` or `[^` are built with Unicode and must not use classes.
        Ok(_) => Ok(()),
        Err(_) if uses_classes(pattern) => Err(format!(
            "the pattern `{pattern}` cannot be enforced: it mixes `\\d`, `\\w` or `\\s` with `.` or `[^…]`"
        )),
        Err(_) => regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().map(|_| ()).map_err(|_| {
            format!("the pattern `{pattern}` cannot be enforced: look-around, back-references or too large")
        }),
    }
}

fn uses_classes(pattern: &str) -> bool {
    ["\\d", "\\w", "\\s", "\\b", "\\D", "\\W", "\\S", "\\B"].iter().any(|class| pattern.contains(class))
}

fn check_tokens(bytes: &[u8]) -> Result<(), &'static str> {
    let mut in_class = false;
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied();
        match bytes[at] {
            b'\\' => {
                match next {
                    // `\s` is Unicode in ECMA-262 and ASCII here; for texts that people type they are alike.
                    Some(b'd' | b'D' | b'w' | b'W' | b'b' | b'B' | b't' | b'n' | b'r' | b'f' | b'v' | b's' | b'S') => {}
                    Some(byte) if byte.is_ascii_punctuation() && byte != b'<' && byte != b'>' => {}
                    _ => return Err("an escape"),
                }
                at += 1;
            }
            b'[' if in_class => return Err("`[` inside a class"),
            b'[' => {
                in_class = true;
                let negated = next == Some(b'^');
                if bytes.get(at + 1 + usize::from(negated)) == Some(&b']') {
                    return Err("an empty class");
                }
            }
            b']' if in_class => in_class = false,
            byte @ (b'&' | b'-' | b'~') if in_class && next == Some(byte) => return Err("a set operation"),
            b'(' if !in_class && next == Some(b'?') && bytes.get(at + 2) != Some(&b':') => {
                return Err("a group with flags");
            }
            b'*' | b'+' | b'?' | b'}' if !in_class && next == Some(b'+') => return Err("a possessive quantifier"),
            b'{' if !in_class && !next.is_some_and(|byte| byte.is_ascii_digit()) => return Err("a lone `{`"),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn patterns_that_mean_the_same_everywhere_are_taken() {
        for pattern in
            ["", "^P[0-9]{4}$", r"^\d+$", "^(a|b)-[A-Za-z_.-]+$", "^.{1,5}$", "^[^,]+$", r"^\$\{x\}$", "a(?:b)?"]
        {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_engines_read_differently_are_refused() {
        for pattern in
            ["(?=a)", r"(a)\1", "[a&&b]", "[[a]", "x*+", "(?i)a", r"\p{L}", "a{,3}", "[]a]", "é", r"^\d.$", r"\<a"]
        {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
