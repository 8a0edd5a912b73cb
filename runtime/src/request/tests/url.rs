//! A second opinion: a parser by the WHATWG's rules, as in browsers and most clients, reads what was meant.

use airlock_contract::Style::{
    FormExploded, Json, Label, LabelExploded, Matrix, MatrixExploded, Segments, Simple, SimpleExploded,
};
use airlock_contract::{Body, Place};
use serde_json::{Value, json};
use url::Url;

use super::support::{decoded, encode, hostile, row};

/// Numbers that look random and are the same on every run (G. Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below the bound")
    }

    /// A text of pieces that mean something, and of any characters.
    fn text(&mut self, pieces: &[String]) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(4) {
            if self.below(3) == 0 {
                let code = u32::try_from(self.below(0x11_0000)).expect("a code point");
                text.extend(char::from_u32(code));
            } else {
                text.push_str(&pieces[self.below(pieces.len())]);
            }
        }
        text
    }
}

#[test]
fn another_parser_reads_the_same() {
    let rows = [
        row("a", Place::Path(Simple)),
        row("b", Place::Path(Segments)),
        row("q", Place::Query(FormExploded)),
        row("r r", Place::Query(FormExploded)).reserved(),
    ];
    let pieces: Vec<String> = hostile().into_iter().filter(|text| text.len() < 100).collect();
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let mut sent = 0;
    for _ in 0..20_000 {
        let texts: [String; 5] = std::array::from_fn(|_| random.text(&pieces));
        let [one, before, after, q, r] = &texts;
        let several = format!("{before}/{after}");
        let values: Vec<Option<Value>> =
            vec![Some(json!(one)), Some(json!(several)), Some(json!([q, one])), Some(json!(r))];
        let Ok(encoded) = encode("/x/{a}/y/{b}/z", &rows, Body::None, values) else {
            let steps = |text: &str| text.split('/').any(|segment| matches!(segment, "" | "." | ".."));
            assert!(steps(&several) || matches!(one.as_str(), "" | "." | ".."), "{texts:?} was refused");
            continue;
        };
        sent += 1;
        let url = Url::parse(&format!("http://h{}", encoded.target)).expect("an address");
        assert_eq!((url.host_str(), url.port(), url.fragment(), url.username()), (Some("h"), None, None, ""));
        let (path, _) = encoded.target.split_once('?').expect("a query");
        assert_eq!(url.path(), path, "the parser changed the path");
        let segments: Vec<String> = url.path_segments().expect("a path").map(decoded).collect();
        let mut expected = vec!["v1".to_owned(), "x".to_owned(), one.clone(), "y".to_owned()];
        expected.extend(several.split('/').map(str::to_owned));
        expected.push("z".to_owned());
        assert_eq!(segments, expected, "{texts:?}");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &String| (name.to_owned(), value.clone());
        assert_eq!(pairs, [pair("q", q), pair("q", one), pair("r r", r)], "{texts:?}");
    }
    assert!(sent > 5000, "{sent}");
}

#[test]
fn no_style_lets_another_parser_change_the_path() {
    let mut sent = 0;
    for style in [Simple, SimpleExploded, Label, LabelExploded, Matrix, MatrixExploded, Json] {
        for text in hostile() {
            for value in
                [json!(text), json!([text]), json!([".", text]), json!({ "x": text }), json!({ text.clone(): text })]
            {
                for path in ["/a/{color}/b", "/a/.{color}/b", "/a/{color}"] {
                    let rows = [row("color", Place::Path(style))];
                    let Ok(encoded) = encode(path, &rows, Body::None, vec![Some(value.clone())]) else { continue };
                    sent += 1;
                    let url = Url::parse(&format!("http://h{}", encoded.target)).expect("an address");
                    assert_eq!(url.as_str(), format!("http://h{}", encoded.target), "{style:?} {value}");
                    assert_eq!((url.query(), url.fragment()), (None, None));
                }
            }
        }
    }
    assert!(sent > 10_000, "{sent}");
}
