//! Bodies of `application/x-www-form-urlencoded` (WHATWG URL, section 5), with blanks as `%20`.

use airlock_contract::Style;
use airlock_contract::request::Field;
use serde_json::Value;

use super::body::Member;
use super::query::{Naming, Taken, check_taken, pairs};

pub(super) const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Writes members in the order in which they came. One without a row repeats its name for each item of an array.
pub(super) fn text(members: &[Member<'_>], fields: &[Field]) -> Result<String, String> {
    let mut texts = Vec::with_capacity(members.len());
    let mut taken = Vec::new();
    let mut written = Vec::with_capacity(members.len());
    for member in members {
        let field = fields.iter().find(|field| field.name == member.name);
        let (style, reserved) = field.map_or((Style::FormExploded, false), |field| (field.style, field.reserved));
        let subject = member.subject(reserved);
        if field.is_none() && matches!(member.value, Value::Object(_)) {
            return Err(subject.refused("is an object, for which this form declares no style", "send single values"));
        }
        written.push((subject, pairs(subject, style, member.value)?));
    }
    for (row, (subject, pairs)) in written.iter().enumerate() {
        for pair in pairs {
            texts.push(pair.text.as_str());
            if pair.naming != Naming::Own {
                taken.push(Taken { row, name: pair.name.clone(), naming: pair.naming, subject: *subject });
            }
        }
    }
    // Names that the form declares count although nothing is sent under them.
    let own = members.iter().enumerate().map(|(row, member)| (Some(row), member.name));
    let absent = fields.iter().filter(|field| !members.iter().any(|member| member.name == field.name));
    check_taken(&taken, own.chain(absent.map(|field| (None, field.name))))?;
    Ok(texts.join("&"))
}
