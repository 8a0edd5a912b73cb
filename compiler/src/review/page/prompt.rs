//! The prompts of a catalog: texts that a model reads.

use super::markup::{Page, code, escaped, words};
use crate::ir::{Catalog, Prompt};
use crate::review::facts;

pub(super) fn write(page: &mut Page, catalog: &Catalog) {
    for Prompt { name, title, description, arguments, messages } in &catalog.prompts {
        page.raw(&format!(
            "<section class=\"tool prompt find\" id=\"prompt-{name}\">\n<h4><a href=\"#prompt-{name}\"><code>{name}</code></a> \
             <span class=\"title\">{}</span></h4>\n<p class=\"says\">{}</p>\n",
            escaped(title),
            escaped(description)
        ));
        if !arguments.is_empty() {
            page.raw("<h5>Arguments</h5>\n<dl class=\"arguments\">\n");
            for argument in arguments {
                page.raw(&format!(
                    "<div><dt>{}</dt>\n<dd>{} <span class=\"about\">{}</span></dd></div>\n",
                    code(&argument.name),
                    words(&facts::prompt_argument(argument)),
                    escaped(&argument.description)
                ));
            }
            page.raw("</dl>\n");
        }
        for message in messages {
            page.raw(&format!(
                "<h5>The {} says</h5>\n<pre><code>{}</code></pre>\n",
                facts::speaker(message.role),
                escaped(&message.template())
            ));
        }
        page.raw("</section>\n");
    }
}
