//! Changes as one HTML file: no script, nothing from elsewhere.

use std::fmt::Write as _;

use super::text::{count, subject};
use super::{Change, Risk};
use crate::markup::html as escaped;

const HEAD: &str = "\
<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>airlock diff</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #8888; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; }
.high { border-left: .5rem solid #c62828; }
.medium { border-left: .5rem solid #ef6c00; }
.low { border-left: .5rem solid #1565c0; }
.none { border-left: .5rem solid #888; }
</style>
</head>
<body>
";

/// One page: a table for each risk.
pub fn html(changes: &[Change]) -> String {
    let mut text = format!("{HEAD}<h1>airlock diff</h1>\n<p>{}</p>\n", count(changes));
    for risk in Risk::ALL {
        let of_risk: Vec<&Change> = changes.iter().filter(|change| change.kind.risk() == risk).collect();
        if of_risk.is_empty() {
            continue;
        }
        let word = risk.word();
        let _ = write!(
            text,
            "<h2>{word}</h2>\n<table>\n<thead><tr><th scope=\"col\">tool</th><th scope=\"col\">kind</th>\
             <th scope=\"col\">change</th></tr></thead>\n<tbody>\n"
        );
        for change in of_risk {
            let (kind, meaning) = (change.kind.word(), escaped(change.kind.meaning()));
            let (subject, detail) = (escaped(&subject(change)), escaped(&change.detail));
            let _ = writeln!(
                text,
                "<tr><td class=\"{word}\"><code>{subject}</code></td><td title=\"{meaning}\"><code>{kind}</code></td>\
                 <td>{detail}</td></tr>"
            );
        }
        text.push_str("</tbody>\n</table>\n");
    }
    text + "</body>\n</html>\n"
}
