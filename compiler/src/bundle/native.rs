//! What of a program is written in C and C++: llama.cpp, as the crate `llama-cpp-sys-2` brings it, and its own parts.
//!
//! The crate says nothing of what is in it, so versions are read where each part says its own; one that says none has none here.

use std::fs;
use std::path::Path;

use super::packages::{Crates, Origin};

/// The crate that brings them.
pub const CARRIER: &str = "llama-cpp-sys-2";

/// A text of a source file that is longer than this is cut, in bytes.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    /// As it says of itself.
    pub version: Option<String>,
    /// SPDX expression.
    pub licence: &'static str,
    /// Texts of licences, by name.
    pub texts: Vec<(String, Vec<u8>)>,
    /// What it is for here.
    pub purpose: &'static str,
}

/// Where a part's version stands.
enum Version {
    /// `set(PREFIX_MAJOR 1)` and so on, in a file of CMake.
    Cmake(&'static str, &'static str),
    /// `#define NAME "1.2.3"`.
    Text(&'static str, &'static str),
    /// `#define PREFIX_MAJOR 1` and so on.
    Numbers(&'static str, &'static str),
    None,
}

struct Known {
    name: &'static str,
    version: Version,
    licence: &'static str,
    /// A file with the text, or a source file that begins with it.
    text: &'static str,
    purpose: &'static str,
    /// The feature of the crate with which it is compiled in; none for always.
    feature: Option<&'static str>,
}

const KNOWN: [Known; 5] = [
    Known {
        name: "llama.cpp",
        version: Version::Cmake("CMakeLists.txt", "LLAMA_VERSION"),
        licence: "MIT",
        text: "LICENSE",
        purpose: "evaluates the embedded model",
        feature: None,
    },
    Known {
        name: "ggml",
        version: Version::Cmake("ggml/CMakeLists.txt", "GGML_VERSION"),
        licence: "MIT",
        text: "LICENSE",
        purpose: "computes with tensors, for llama.cpp",
        feature: None,
    },
    Known {
        name: "cpp-httplib",
        version: Version::Text("vendor/cpp-httplib/httplib.h", "CPPHTTPLIB_VERSION"),
        licence: "MIT",
        text: "vendor/cpp-httplib/LICENSE",
        purpose: "compiled with llama.cpp's common code; the linker keeps what is used, and nothing here fetches",
        feature: Some("common"),
    },
    Known {
        name: "nlohmann-json",
        version: Version::Numbers("vendor/nlohmann/json.hpp", "NLOHMANN_JSON_VERSION"),
        licence: "MIT",
        text: "vendor/nlohmann/json.hpp",
        purpose: "compiled with llama.cpp's common code",
        feature: Some("common"),
    },
    Known {
        name: "subprocess.h",
        version: Version::None,
        licence: "Unlicense",
        text: "vendor/sheredom/subprocess.h",
        purpose: "compiled with llama.cpp's common code",
        feature: Some("common"),
    },
];

/// The parts of these crates; none where llama.cpp is not among them.
pub fn parts(crates: &Crates) -> std::io::Result<Vec<Part>> {
    let carrier = crates.packages.iter().find(|package| package.name == CARRIER && package.role.is_built());
    let origin = carrier.and_then(|carrier| crates.origins.get(&carrier.id()));
    let Some(Origin { directory, features, .. }) = origin else { return Ok(Vec::new()) };
    let root = directory.join("llama.cpp");
    let compiled = |known: &&Known| {
        known.feature.is_none_or(|feature| features.contains(feature)) && root.join(known.text).is_file()
    };
    KNOWN.iter().filter(compiled).map(|known| part(known, &root)).collect()
}

fn part(known: &Known, root: &Path) -> std::io::Result<Part> {
    let version = match &known.version {
        Version::Cmake(file, prefix) => cmake(&head(&root.join(file))?, prefix),
        Version::Text(file, name) => defined(&head(&root.join(file))?, name),
        Version::Numbers(file, prefix) => {
            let text = head(&root.join(file))?;
            let parts = ["MAJOR", "MINOR", "PATCH"].map(|part| defined(&text, &format!("{prefix}_{part}")));
            parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.join("."))
        }
        Version::None => None,
    };
    let bytes = fs::read(root.join(known.text))?;
    let extension = Path::new(known.text).extension().unwrap_or_default();
    let is_source = extension == "h" || extension == "hpp";
    let (name, text) = if is_source {
        (format!("{}.txt", known.text), first_comment(&String::from_utf8_lossy(&bytes)).into_bytes())
    } else {
        (known.text.to_owned(), bytes)
    };
    let texts = vec![(format!("llama.cpp/{name}"), text)];
    Ok(Part { name: known.name, version, licence: known.licence, texts, purpose: known.purpose })
}

/// How a file begins.
fn head(file: &Path) -> std::io::Result<String> {
    let bytes = fs::read(file)?;
    Ok(String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES_MAX)]).into_owned())
}

/// `set(PREFIX_MAJOR 0)`, `_MINOR` and `_PATCH`, one a line.
fn cmake(text: &str, prefix: &str) -> Option<String> {
    let part = |part: &str| {
        let begin = format!("set({prefix}_{part} ");
        let digits = text.lines().find_map(|line| line.trim().strip_prefix(&begin)?.strip_suffix(')'))?.trim();
        is_version(digits).then(|| digits.to_owned())
    };
    Some(format!("{}.{}.{}", part("MAJOR")?, part("MINOR")?, part("PATCH")?))
}

/// `#define NAME VALUE`, with or without quotes, and what a comment says behind it left out.
fn defined(text: &str, name: &str) -> Option<String> {
    let begin = format!("#define {name} ");
    let value = text.lines().find_map(|line| line.trim().strip_prefix(&begin))?;
    let value = value.split_whitespace().next()?.trim_matches('"');
    is_version(value).then(|| value.to_owned())
}

fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
}

/// The comment that a source file begins with, as it stands there.
fn first_comment(text: &str) -> String {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("/*") {
        let end = rest.find("*/").unwrap_or(rest.len());
        return format!("{}\n", rest[..end].trim_matches('\n').trim_end());
    }
    let lines: Vec<&str> = text.lines().take_while(|line| line.starts_with("//")).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {

    use super::{cmake, defined, first_comment, parts};
    use crate::bundle::packages::tests::crates;

    #[test]
    fn versions_are_those_that_the_parts_say() {
        let text = "set(X_VERSION_MAJOR 0)\nset(X_VERSION_MINOR 26)\nset(X_VERSION_PATCH 1)\n";
        assert_eq!(cmake(text, "X_VERSION").as_deref(), Some("0.26.1"));
        assert_eq!(cmake("set(X_VERSION_MAJOR 0)", "X_VERSION"), None);
        assert_eq!(defined("#define V \"0.59.0\"\n", "V").as_deref(), Some("0.59.0"));
        assert_eq!(defined("  #define V 3   // NOLINT\n", "V").as_deref(), Some("3"));
        assert_eq!(defined("#define V \"$(evil)\"\n", "V"), None);
        assert_eq!(first_comment("/*\n  one\n  two\n*/\nint x;"), "  one\n  two\n");
        assert_eq!(first_comment("// a\n// b\n\nint x;"), "// a\n// b\n");
    }

    #[test]
    fn each_part_of_this_llama_cpp_has_a_text_and_most_a_version() {
        let parts = parts(&crates()).expect("can be read");
        let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        assert_eq!(names, ["llama.cpp", "ggml", "cpp-httplib", "nlohmann-json", "subprocess.h"]);
        for part in &parts {
            assert_eq!(part.version.is_none(), part.name == "subprocess.h", "{part:?}");
            assert!(part.texts.iter().all(|(_, text)| text.len() > 100), "{}", part.name);
        }
    }
}
