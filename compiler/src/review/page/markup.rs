//! Pieces of HTML.

use std::fmt::Write as _;

pub(super) use crate::markup::html as escaped;
use crate::review::sentence::{Part, parts};
use crate::review::tree::{Mark, Node, count};

/// Trees of more nodes are closed at first.
const OPEN_NODES_MAX: usize = 100;

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Adds HTML.
    pub(super) fn raw(&mut self, html: &str) {
        self.text.push_str(html);
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    /// A table whose rows become cards on narrow screens: each cell knows the title of its column.
    pub(super) fn table(&mut self, caption: &str, columns: &[&str], rows: &[Vec<String>]) {
        self.raw(&format!("<table>\n<caption>{caption}</caption>\n<thead><tr>"));
        for column in columns {
            self.raw(&format!("<th scope=\"col\">{column}</th>"));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for cells in rows {
            self.raw("<tr class=\"find\">");
            for (position, (cell, column)) in cells.iter().zip(columns).enumerate() {
                if position == 0 {
                    self.raw(&format!("<th scope=\"row\">{cell}</th>"));
                } else {
                    self.raw(&format!("<td data-label=\"{column}\">{cell}</td>"));
                }
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }

    /// A tree; one that is long is closed at first.
    pub(super) fn tree(&mut self, title: &str, nodes: &[Node], cut: usize) {
        let open = if count(nodes) > OPEN_NODES_MAX { "" } else { " open" };
        self.raw(&format!("<details{open}>\n<summary>{title}</summary>\n"));
        self.nodes(nodes, cut, "tree");
        self.raw("</details>\n");
    }

    /// Nodes as a list in lists.
    fn nodes(&mut self, nodes: &[Node], cut: usize, class: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.raw(&format!("<ul{class}>\n"));
        for node in nodes {
            self.node(node);
        }
        if cut > 0 {
            self.raw(&format!("<li>and {cut} more, dropped</li>\n"));
        }
        self.raw("</ul>\n");
    }

    /// Large documents have fields by the hundred thousand, so a field has as few elements as can tell it.
    fn node(&mut self, node: &Node) {
        let Node { name, kind, mark, about, children, kept, all, cut } = node;
        let name = escaped(name);
        let counted = match mark {
            Mark::Partly => format!(" {kept} of {all} kept"),
            Mark::Dropped if *all > 0 => format!(", all {all}"),
            _ => String::new(),
        };
        let _ = match mark {
            Mark::Kept => write!(self.text, "<li><b>{name}</b> <span class=\"kept\">kept</span>"),
            Mark::Dropped => write!(self.text, "<li><s>{name}</s> dropped{counted}"),
            Mark::Required => write!(self.text, "<li><b>{name}</b> required:"),
            Mark::Optional => write!(self.text, "<li><code>{name}</code> optional:"),
            Mark::Plain | Mark::Partly | Mark::Again => write!(self.text, "<li><code>{name}</code>{counted}"),
        };
        if !kind.is_empty() {
            let comma = if *mark == Mark::Dropped { "," } else { "" };
            let _ = write!(self.text, "{comma} {}", words(kind));
        }
        if !about.is_empty() {
            let _ = write!(self.text, " <span class=\"about\">{}</span>", escaped(about));
        }
        if !children.is_empty() || *cut > 0 {
            self.raw("\n");
            self.nodes(children, *cut, "");
        }
        self.raw("</li>\n");
    }
}

/// A sentence whose names stand in backticks.
pub(super) fn words(sentence: &str) -> String {
    let written = |part| match part {
        Part::Words(words) => escaped(words),
        Part::Name(name) => code(name),
    };
    parts(sentence).into_iter().map(written).collect()
}

/// A name.
pub(super) fn code(name: &str) -> String {
    format!("<code>{}</code>", escaped(name))
}

/// A link to a tool.
pub(super) fn link(tool: &str) -> String {
    format!("<a href=\"#tool-{tool}\"><code>{tool}</code></a>")
}

/// A method and a path.
pub(super) fn request(method: &str, path: &str) -> String {
    // A path may be broken behind each of its segments.
    format!(
        "<span class=\"request\"><b>{}</b> <code>{}</code></span>",
        escaped(method),
        escaped(path).replace('/', "/<wbr>")
    )
}
