//! Documents of many files, on a disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::load::{FILE_BYTES_MAX, LoadedDocument, Sources, load, load_document_at};
use crate::report::Report;

fn write(root: &TempDir, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        fs::write(path, text).expect("can be written");
    }
}

/// Each error as its code, the file's name and line, and its title, without the directory.
fn errors(root: &TempDir, report: &Report, sources: &Sources) -> Vec<String> {
    let here = format!("{}/", root.path().display());
    let error = |diagnostic: &crate::report::Diagnostic| {
        let place = diagnostic.marks.first().map_or_else(String::new, |mark| {
            format!(" {}:{}", sources.path(mark.at.file), sources.line_column(&mark.at).0)
        });
        format!("{}{place} {}", diagnostic.code, diagnostic.title).replace(&here, "")
    };
    report.diagnostics().iter().map(error).collect()
}

fn load_at(root: &TempDir, path: &str, boundary: Option<&Path>) -> Result<(LoadedDocument, Sources), Vec<String>> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    match load_document_at(&root.path().join(path), boundary, &mut sources, &mut report) {
        Some(document) if !report.has_errors() => Ok((document, sources)),
        _ => Err(errors(root, &report, &sources)),
    }
}

fn temporary() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

const TREE: &[(&str, &str)] = &[
    ("openapi.yaml", "a: {$ref: 'paths/x@{id}.yaml'}\nb: {$ref: 'gone.yaml#/x'}\nc: {$ref: '#/a'}\n"),
    ("paths/x@{id}.yaml", "get: {$ref: ../schemas/S%201.json#/A}\nup: {$ref: ../../out.yaml}\n"),
    (
        "schemas/S 1.json",
        "{\"A\": {\"$ref\": \"S 1.json\"}, \"B\": {\"$ref\": \"../openapi.yaml#/a\"}, \"d\": {\"$ref\": \"x.md\"}}",
    ),
    ("schemas/x.md", "# Title\n\ntext\n"),
    ("schemas/unused.yaml", "{"),
];

#[test]
fn every_file_that_is_referred_to_is_loaded_once_below_its_path() {
    let root = temporary();
    write(&root, TREE);
    let (document, sources) = load_at(&root, "openapi.yaml", None).expect("loads");
    assert_eq!(document.name, "openapi.yaml");
    let paths: Vec<&str> = document.others.keys().map(String::as_str).collect();
    assert_eq!(paths, ["paths/x@{id}.yaml", "schemas/S 1.json", "schemas/x.md"]);
    assert_eq!(document.others["schemas/x.md"].value, Value::String("# Title\n\ntext\n".into()));
    assert_eq!(sources.bytes(document.others["schemas/x.md"].id), b"# Title\n\ntext\n");
}

#[test]
fn the_places_of_every_file_are_those_of_its_values() {
    let root = temporary();
    write(&root, TREE);
    let (document, sources) = load_at(&root, "openapi.yaml", None).expect("loads");
    assert_same_places(&document, &sources);
}

#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_the_places_are_those_of_the_values() {
    let root = std::env::var_os("AIRLOCK_SPECS").map_or_else(|| PathBuf::from("../../shared/specs"), PathBuf::from);
    let mut count = 0;
    let tree = root.join("ga4gh-drs/data_repository_service.openapi.yaml");
    let entries = fs::read_dir(&root).expect("set AIRLOCK_SPECS").map(|entry| entry.expect("can be read").path());
    for path in entries.chain([tree]).filter(|path| crate::load::Format::of(path).is_some()) {
        let mut sources = Sources::default();
        let document = load_document_at(&path, None, &mut sources, &mut Report::default()).expect("loads");
        assert_same_places(&document, &sources);
        count += 1 + document.others.len();
    }
    assert!(count > 50, "{count} files");
}

/// Both parsers see the same pointers, in every file.
fn assert_same_places(document: &LoadedDocument, sources: &Sources) {
    for (path, file) in document.others.iter().chain([(&document.name, &document.file)]) {
        let mut pointers = Vec::new();
        let mut open = vec![(String::new(), &file.value)];
        while let Some((pointer, value)) = open.pop() {
            let below = |token: &str| format!("{pointer}/{}", crate::load::escape_token(token));
            match value {
                Value::Object(members) => open.extend(members.iter().map(|(key, value)| (below(key), value))),
                Value::Array(items) => {
                    open.extend(items.iter().enumerate().map(|(at, value)| (below(&at.to_string()), value)));
                }
                _ => {}
            }
            pointers.push(pointer);
        }
        pointers.sort();
        let seen = sources.spans(file.id).pointers(sources.text(file.id));
        let only: Vec<_> = seen.iter().filter(|pointer| pointers.binary_search(pointer).is_err()).take(5).collect();
        assert!(only.is_empty(), "{path} has places without a value: {only:?}");
        let only: Vec<_> = pointers.iter().filter(|pointer| seen.binary_search(pointer).is_err()).take(5).collect();
        assert!(only.is_empty(), "{path} has no places for {only:?}");
    }
}

/// `sha256sum` of the one file; of several, of what `sha256sum` prints for them.
#[test]
fn the_digest_is_what_sha256sum_says() {
    let root = temporary();
    write(&root, &[("a.json", "\u{feff}{\"$ref\": \"b.txt\"}"), ("one.json", "{}")]);
    let (alone, _) = load_at(&root, "one.json", None).expect("loads");
    assert_eq!(alone.sha256, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    write(&root, &[("b.txt", "")]);
    let (document, sources) = load_at(&root, "a.json", None).expect("loads");
    assert_eq!(sources.bytes(document.file.id), "\u{feff}{\"$ref\": \"b.txt\"}".as_bytes(), "with its mark");
    let sum = |text: &str| crate::load::hex(&<sha2::Sha256 as sha2::Digest>::digest(text));
    let lines = format!("{}  a.json\n{}  b.txt\n", sum("\u{feff}{\"$ref\": \"b.txt\"}"), sum(""));
    assert_eq!(document.sha256, sum(&lines));
}

#[test]
fn references_go_up_as_far_as_the_root_that_a_person_names() {
    let root = temporary();
    write(&root, &[("api/v1/openapi.yaml", "$ref: ../../schemas/x.yaml"), ("schemas/x.yaml", "{}")]);
    let (document, _) = load_at(&root, "api/v1/openapi.yaml", None).expect("loads");
    assert!(document.others.is_empty(), "its own directory, unless a person says so");
    let (document, _) = load_at(&root, "api/v1/openapi.yaml", Some(root.path())).expect("loads");
    assert_eq!(document.name, "api/v1/openapi.yaml");
    assert_eq!(document.others.keys().collect::<Vec<_>>(), ["schemas/x.yaml"]);
    let wrong = load_at(&root, "api/v1/openapi.yaml", Some(&root.path().join("schemas"))).expect_err("is elsewhere");
    assert!(wrong.len() == 1 && wrong[0].starts_with("E0104 ") && wrong[0].contains("does not lie below"), "{wrong:?}");
}

#[test]
fn a_link_that_a_person_names_is_followed_to_its_directory() {
    let root = temporary();
    write(&root, &[("real/openapi.yaml", "$ref: x.yaml"), ("real/x.yaml", "{}"), ("links/x.yaml", "[]")]);
    symlink(root.path().join("real/openapi.yaml"), root.path().join("links/api.yaml")).expect("can be made");
    let (document, _) = load_at(&root, "links/api.yaml", None).expect("loads");
    assert_eq!((document.name.as_str(), document.others["x.yaml"].value.is_object()), ("openapi.yaml", true));
}

#[test]
fn what_is_wrong_with_several_files_is_said_in_one_run() {
    let root = temporary();
    write(
        &root,
        &[
            ("openapi.yaml", "a: {$ref: a.yaml}\nb: {$ref: b.json}\nc: {$ref: c.txt}\n"),
            ("a.yaml", "x: 1\nx: 2\n"),
            ("b.json", "{\n\"a\": }"),
        ],
    );
    fs::write(root.path().join("c.txt"), [b'a', 0xff]).expect("can be written");
    assert_eq!(
        load_at(&root, "openapi.yaml", None).expect_err("is broken"),
        [
            "E0107 a.yaml:2 the key `x` stands here twice",
            "E0106 b.json:2 this is not JSON: expected value",
            "E0105 openapi.yaml:3 c.txt is not UTF-8: byte 1 begins no character",
        ]
    );
}

#[test]
fn links_may_not_leave_and_only_files_are_read() {
    let (root, outside) = (temporary(), temporary());
    let text = "a: {$ref: link.yaml}\nb: {$ref: below/x.yaml}\nc: {$ref: inside.yaml}\nd: {$ref: directory}\n\
                e: {$ref: pipe.yaml}\nf: {$ref: broken.yaml}\ng: {$ref: openapi.yaml/x}\n";
    write(&root, &[("openapi.yaml", text), ("directory/x.yaml", "{}")]);
    write(&outside, &[("x.yaml", "secret: 1")]);
    let link = |from: PathBuf, to: &str| symlink(from, root.path().join(to)).expect("can be made");
    link(outside.path().join("x.yaml"), "link.yaml");
    link(outside.path().to_owned(), "below");
    link("directory/x.yaml".into(), "inside.yaml");
    link("nowhere".into(), "broken.yaml");
    let pipe = std::process::Command::new("mkfifo").arg(root.path().join("pipe.yaml")).status();
    assert!(pipe.is_ok_and(|status| status.success()));
    assert_eq!(
        load_at(&root, "openapi.yaml", None).expect_err("is refused"),
        [
            "E0113 openapi.yaml:1 link.yaml is a link to a file outside of the directory",
            "E0113 openapi.yaml:2 below/x.yaml is a link to a file outside of the directory",
            "E0114 openapi.yaml:4 directory is not a file of bytes, so it is not read",
            "E0114 openapi.yaml:5 pipe.yaml is not a file of bytes, so it is not read",
        ]
    );
}

#[test]
fn a_file_and_all_files_have_a_size_that_is_not_exceeded() {
    let root = temporary();
    write(&root, &[("openapi.yaml", "a: {$ref: big.txt}\n")]);
    let grow = |name: &str, length: u64| {
        let file = fs::File::create(root.path().join(name)).expect("can be made");
        file.set_len(length).expect("can be set");
    };
    grow("big.txt", FILE_BYTES_MAX + 1);
    let title =
        format!("E0111 openapi.yaml:1 big.txt has {} bytes; a file may have {FILE_BYTES_MAX}", FILE_BYTES_MAX + 1);
    assert_eq!(load_at(&root, "openapi.yaml", None).expect_err("is too large"), [title]);
    write(&root, &[("openapi.yaml", "a: [{$ref: a.txt}, {$ref: b.txt}, {$ref: c.txt}]\n")]);
    grow("a.txt", 1 << 20);
    grow("b.txt", FILE_BYTES_MAX - (1 << 20));
    grow("c.txt", 0);
    let wrong = load_at(&root, "openapi.yaml", None).expect_err("is too large");
    assert!(wrong.len() == 1 && wrong[0].starts_with("E0117 openapi.yaml:1 with b.txt"), "{wrong:?}");
}

#[test]
fn files_have_a_number_that_is_not_exceeded() {
    let root = temporary();
    let number = crate::load::FILES_MAX;
    let text = (0..number).map(|at| format!("- $ref: {at}.txt\n")).collect::<Vec<_>>().concat();
    write(&root, &[("openapi.yaml", &text)]);
    for at in 0..number {
        fs::write(root.path().join(format!("{at}.txt")), "").expect("can be written");
    }
    let wrong = load_at(&root, "openapi.yaml", None).expect_err("is one too many");
    assert!(wrong.len() == 1 && wrong[0].starts_with("E0117 openapi.yaml:10000 "), "{wrong:?}");
}

#[test]
fn other_encodings_are_named() {
    let root = temporary();
    for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
        fs::write(root.path().join("x.json"), bytes).expect("can be written");
        assert_eq!(
            load_at(&root, "x.json", None).expect_err("is UTF-16"),
            ["E0105 x.json is not UTF-8: it looks like UTF-16"]
        );
    }
}

#[test]
fn a_catalog_says_which_file_stands_for_a_url() {
    let root = temporary();
    let manifest = |references: &str| format!("document: ./api/openapi.yaml\nreferences:\n{references}");
    let good = manifest("  https://example.org/s.yaml: vendor/s.yaml\n");
    write(
        &root,
        &[
            ("c/catalog.yaml", &good),
            ("c/api/openapi.yaml", "a: {$ref: 'https://example.org/s.yaml#/A'}\n"),
            ("c/vendor/s.yaml", "A: {$ref: t.yaml}\n"),
            ("c/vendor/t.yaml", "{}\n"),
        ],
    );
    let run = || {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let loaded = load(root.path(), &mut sources, &mut report);
        (loaded, errors(&root, &report, &sources))
    };
    let (loaded, wrong) = run();
    assert_eq!(wrong, Vec::<String>::new());
    let document = &loaded.catalogs[0].document;
    assert_eq!(document.name, "api/openapi.yaml");
    assert_eq!(
        document.vendored,
        BTreeMap::from([("https://example.org/s.yaml".to_owned(), "vendor/s.yaml".to_owned())])
    );
    assert_eq!(document.others.keys().collect::<Vec<_>>(), ["vendor/s.yaml", "vendor/t.yaml"]);
    write(
        &root,
        &[("c/catalog.yaml", &manifest("  https://a/x: ../x.yaml\n  https://a/y: vendor/gone.yaml\n  z: 1\n"))],
    );
    assert_eq!(
        run().1,
        ["E0104 c/catalog.yaml:3 a file that stands for a URL must lie in the catalog's own directory"]
    );
    write(&root, &[("c/catalog.yaml", &manifest("  https://a/y: vendor/gone.yaml\n"))]);
    let wrong = run().1;
    assert!(
        wrong.len() == 1 && wrong[0].starts_with("E0105 c/catalog.yaml:3 cannot read c/vendor/gone.yaml"),
        "{wrong:?}"
    );
}
