//! What auditors read: `REVIEW.md` and the page. Both hold every tool, request, secret and operation that was left out, and
//! nothing in a document becomes anything but text.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, assert_is_file, real_document, workspace};

/// Catalogs whose every text would like to be markup.
const HOSTILE: &str = "cases/review/catalogs";

/// The page of these catalogs.
fn page(catalogs: &Path) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("some/where");
    let ran = airlock(["review", "--catalogs", &catalogs.to_string_lossy(), "--out", &out.to_string_lossy()]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    let names: Vec<_> =
        fs::read_dir(&out).expect("is there").map(|entry| entry.expect("can be read").file_name()).collect();
    assert_eq!(names, ["review.html"]);
    fs::read_to_string(out.join("review.html")).expect("is there")
}

/// `REVIEW.md` of these catalogs.
fn markdown(catalogs: &Path) -> String {
    let out = tempfile::tempdir().expect("a directory");
    let ran = airlock(["compile", "--catalogs", &catalogs.to_string_lossy(), "--out", &out.path().to_string_lossy()]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    fs::read_to_string(out.path().join("REVIEW.md")).expect("is there")
}

#[test]
fn texts_that_would_like_to_be_markup_are_shown_as_text() {
    let page = page(Path::new(HOSTILE));
    let start = page.find("<section id=\"catalog-hostile\">").expect("is there");
    let end = page.find("</main>").expect("is there");
    assert_is_file(&page[start..end], Path::new("cases/review/hostile.html"));
    assert_is_file(&markdown(Path::new(HOSTILE)), Path::new("cases/review/hostile.md"));
}

/// Every tag of a page and every attribute is one that this compiler writes: no element, style, handler or address comes
/// from a document.
#[test]
fn nothing_in_a_page_is_an_element_but_what_is_meant_to_be() {
    const TAGS: &str = "html head meta title style body a header h1 p dl div dt dd small span label input kbd nav ul li main \
        section h2 ol code h3 table caption thead tr th tbody td b br wbr h4 blockquote h5 details summary s i pre footer script";
    const ATTRIBUTES: &str = "lang charset name content http-equiv class href id role hidden for type autocomplete spellcheck \
        aria-describedby aria-live aria-label scope data-label open";
    let (tags, attributes): (BTreeSet<&str>, BTreeSet<&str>) =
        (TAGS.split_whitespace().collect(), ATTRIBUTES.split_whitespace().collect());
    for catalogs in [Path::new(HOSTILE).to_owned(), workspace().join("catalogs"), "cases/golden/depots/catalogs".into()]
    {
        let mut page = page(&catalogs);
        for element in ["style", "script"] {
            let (start, end) = (format!("<{element}>"), format!("</{element}>"));
            assert_eq!((page.matches(&start).count(), page.matches(&end).count()), (1, 1), "{element}");
            let (from, to) = (page.find(&start).expect("is there"), page.find(&end).expect("is there"));
            page.replace_range(from..to + end.len(), "");
        }
        let mut pieces = page.split('<');
        assert_eq!(pieces.next(), Some(""));
        for piece in pieces.skip(1) {
            let (tag, text) = piece.split_once('>').expect("a tag is closed");
            assert!(!text.contains('>'), "{piece}");
            let mut quoted = tag.split('"');
            let plain: String = quoted.by_ref().step_by(2).collect();
            let mut words = plain.trim_start_matches('/').split([' ', '=']).filter(|word| !word.is_empty());
            let name = words.next().expect("has a name");
            assert!(tags.contains(name), "<{tag}>");
            words.for_each(|word| assert!(attributes.contains(word), "<{tag}>"));
            let address = tag.split("href=\"").nth(1);
            assert!(address.is_none_or(|address| address.starts_with('#')), "<{tag}>");
        }
    }
}

#[test]
fn no_invisible_character_is_left() {
    for text in [page(Path::new(HOSTILE)), markdown(Path::new(HOSTILE))] {
        let hidden = |char: char| char != '\n' && airlock_contract::text::is_invisible(char);
        assert_eq!(text.chars().find(|char| hidden(*char)), None);
        assert!(text.contains("u{202e}up"));
    }
}

/// What the generated crate says of a catalog stands in both.
#[test]
fn every_tool_request_secret_and_excluded_operation_stands_in_both() {
    for (catalogs, tools, others) in [
        (
            Path::new(HOSTILE).to_owned(),
            vec!["find_items", "store_item", "remove_file"],
            vec!["hostile", "files", "key", "X-Key", "token", "a bearer token", "E0216", "not chosen", "/store/files/"],
        ),
        (
            Path::new("cases/golden/depots/catalogs").to_owned(),
            vec!["list_parts", "add_part", "get_label"],
            vec!["depots", "token", "a bearer token"],
        ),
    ] {
        let (page, markdown) = (page(&catalogs), markdown(&catalogs));
        for tool in tools {
            assert_eq!(page.matches(&format!(" id=\"tool-{tool}\"")).count(), 1, "{tool}");
            assert!(page.matches(&format!("href=\"#tool-{tool}\"")).count() >= 4, "{tool}");
            assert_eq!(markdown.matches(&format!("\n#### `{tool}`\n")).count(), 1, "{tool}");
            assert_eq!(markdown.matches(&format!("](#{tool}) |")).count(), 2, "{tool}");
        }
        for other in others {
            assert!(page.contains(other), "{other}");
            assert!(markdown.contains(other), "{other}");
        }
    }
}

/// One field more is one line more, and one line that counts.
#[test]
fn a_change_of_a_catalog_is_a_change_of_few_lines() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("catalogs");
    for (path, bytes) in crate::freshness::tree(&workspace().join("catalogs")) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        fs::write(path, bytes).expect("can be written");
    }
    // Under review, the change would have to be approved first.
    fs::remove_file(root.join("clinic/catalog.lock")).expect("is there");
    let before = markdown(&root);
    let manifest = root.join("clinic/catalog.yaml");
    let text = fs::read_to_string(&manifest).expect("is there");
    fs::write(&manifest, text.replace("{bed: id, room: room, ", "{bed: id, label: label, room: room, "))
        .expect("can be written");
    let after = markdown(&root);
    let changed = |these: &str, those: &str| -> Vec<String> {
        let those: BTreeSet<&str> = those.lines().collect();
        these.lines().filter(|line| !those.contains(line)).map(str::to_owned).collect()
    };
    let added = changed(&after, &before);
    assert!(added.contains(&"  - `items[].label`: one of door, window".to_owned()), "{added:#?}");
    assert!(added.len() <= 9, "{added:#?}");
    assert!(changed(&before, &after).len() <= 8);
}

#[test]
fn the_page_is_the_same_in_every_directory_and_is_written_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let (catalogs, out) = (workspace().join("catalogs"), directory.path().to_string_lossy().into_owned());
    let first = page(&catalogs);
    fs::write(directory.path().join("review.html"), "old").expect("can be written");
    let ran = airlock(["review", "--catalogs", &catalogs.to_string_lossy(), "--out", &out, "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
    assert_eq!(
        (ran.exit, said["tools"].as_u64(), said["bytes"].as_u64()),
        (Exit::Done, Some(18), Some(first.len() as u64))
    );
    assert_eq!(fs::read_to_string(directory.path().join("review.html")).expect("is there"), first);
    assert!(!first.contains(&out));
}

#[test]
fn after_an_error_nothing_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("out");
    let ran = airlock(["review", "--catalogs", "errors/hostile_names", "--out", &out.to_string_lossy()]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""));
    assert!(ran.err.contains("E0221") && ran.err.contains("nothing was written"), "{}", ran.err);
    assert!(!out.exists());
}

/// A document of 767 operations: all of them in both, and neither without bound.
#[test]
#[ignore = "needs real documents; tests/all.sh says where they are"]
fn with_documents_a_large_catalog_is_told_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let catalogs = directory.path().join("catalogs");
    let document = real_document("github-progenitor.json");
    let (catalogs_text, document) = (catalogs.to_string_lossy(), document.to_string_lossy());
    let ran = airlock(["init", "github", "--all", "--catalogs", &catalogs_text, "--document", &document]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    let (page, markdown) = (page(&catalogs), markdown(&catalogs));
    assert_eq!(page.matches(" id=\"tool-").count(), 767);
    assert_eq!(markdown.matches("\n#### `").count(), 767);
    assert!(page.len() < 9_000_000 && markdown.len() < 3_000_000, "{} and {} bytes", page.len(), markdown.len());
}

/// In headless Chromium, without network: at 360 and 1600 px, light and dark, without script and on paper; valid, and
/// accessible (`tests/review/check.mjs`).
#[test]
#[ignore = "needs Chromium, Node and packages of npm; tests/all.sh installs them"]
fn with_browser_the_pages_are_sound() {
    let setting = |name: &str| -> OsString {
        std::env::var_os(name).unwrap_or_else(|| panic!("set {name}, or run tests/all.sh"))
    };
    let directory = tempfile::tempdir().expect("a directory");
    let mut pages: Vec<PathBuf> = Vec::new();
    for (name, catalogs) in [("clinic", workspace().join("catalogs")), ("hostile", HOSTILE.into())] {
        let path = directory.path().join(name).join("review.html");
        fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        fs::write(&path, page(&catalogs)).expect("can be written");
        pages.push(path);
    }
    let ran = Command::new("node")
        .arg("review/check.mjs")
        .args([setting("AIRLOCK_NODE_PACKAGES"), setting("AIRLOCK_CHROMIUM"), "-".into()])
        .args(&pages)
        .output()
        .expect("node starts");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.ends_with("2 pages are sound\n"), "{out}{err}");
}
