//! Modules that are compiled for tests alone, told by what the source says and not by their names.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// Removes the files of each `#[cfg(test)] mod name;`, and the directory of the module with what lies in it.
///
/// Modules are found where rustc looks for them (The Rust Reference, "Module source filenames"). A file that does not parse, a
/// module within a module, and one that stands elsewhere without the attribute keep their files: more is carried then, and
/// nothing is missing.
pub(super) fn leave_tests_out(files: &mut BTreeMap<String, Vec<u8>>) {
    let (mut of_tests, mut of_program) = (BTreeSet::new(), BTreeSet::new());
    for (path, bytes) in files.iter().filter(|(path, _)| path.rsplit_once('.').is_some_and(|(_, end)| end == "rs")) {
        let Some(file) = std::str::from_utf8(bytes).ok().and_then(|text| syn::parse_file(text).ok()) else { continue };
        for item in &file.items {
            let Item::Mod(module) = item else { continue };
            if module.content.is_none() {
                let found = if module.attrs.iter().any(is_for_tests) { &mut of_tests } else { &mut of_program };
                found.extend(places(path, module));
            }
        }
    }
    let is_left_out = |path: &str| {
        let mut places = of_tests.difference(&of_program);
        places.any(|place| path == place || place.ends_with('/') && path.starts_with(place.as_str()))
    };
    files.retain(|path, _| !is_left_out(path));
}

/// `#[cfg(test)]`, and no other condition: one of several parts may hold in a program as well.
fn is_for_tests(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

/// Where the files of a module may lie: one file, or a directory with `/` at its end.
fn places(declared_in: &str, module: &ItemMod) -> Vec<String> {
    let (directory, file) = declared_in.rsplit_once('/').unwrap_or(("", declared_in));
    let below = |directory: &str, name: &str| {
        if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
    };
    if let Some(path) = module.attrs.iter().find_map(path_of) {
        return vec![below(directory, &path)];
    }
    let name = module.ident.to_string();
    let name = name.trim_start_matches("r#");
    // The root of a crate has its modules beside it, as `mod.rs` has. What is called otherwise has them in a directory.
    let is_beside = ["mod.rs", "lib.rs", "main.rs", "build.rs"].contains(&file);
    let directory =
        if is_beside { directory.to_owned() } else { below(directory, file.strip_suffix(".rs").unwrap_or(file)) };
    vec![below(&directory, &format!("{name}.rs")), below(&directory, &format!("{name}/"))]
}

/// The text of `#[path = "…"]`.
fn path_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if pair.path.is_ident("path") => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::leave_tests_out;

    fn left(files: &[(&str, &str)]) -> Vec<String> {
        let mut files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        leave_tests_out(&mut files);
        files.into_keys().collect()
    }

    #[test]
    fn what_is_for_tests_alone_is_left_out() {
        let files = [
            ("a/src/lib.rs", "#[cfg(test)]\nmod tests;\nmod b;\n"),
            ("a/src/tests.rs", "mod deep;"),
            ("a/src/tests/deep.rs", ""),
            ("a/src/tests/cases.yaml", ""),
            ("a/src/b.rs", "#[cfg(test)] mod tests; #[cfg(test)] #[path = \"other_tests.rs\"] mod other;"),
            ("a/src/b/tests.rs", ""),
            ("a/src/b/tests_of_people.rs", ""),
            ("a/src/other_tests.rs", ""),
        ];
        assert_eq!(left(&files), ["a/src/b.rs", "a/src/b/tests_of_people.rs", "a/src/lib.rs"]);
    }

    #[test]
    fn what_a_program_may_be_made_of_stays() {
        for declared in [
            "mod tests;",
            "#[cfg(any(test, feature = \"tests\"))] mod tests;",
            "#[cfg(not(test))] mod tests;",
            "mod inner { #[cfg(test)] mod tests; }",
            "#[cfg(test)] mod tests; fn unfinished() {",
            "#[cfg(test)] mod tests; #[path = \"tests.rs\"] mod shared;",
        ] {
            assert_eq!(left(&[("src/lib.rs", declared), ("src/tests.rs", "")]).len(), 2, "{declared}");
        }
    }
}
