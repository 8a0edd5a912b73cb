//! Shapes as constants, and the file of a catalog's named shapes.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::text::{Module, documentation, json, string};
use super::vocabulary::{Vocabulary, ident};
use crate::ir::{Catalog, Integer, List, Number, Object, Property, Shape, Text};

/// The names of the statics that stand for named shapes, and the module that declares them.
pub(super) struct Names<'c> {
    module: &'static str,
    names: BTreeMap<&'c str, Ident>,
}

impl<'c> Names<'c> {
    /// Names are taken from the document. Where two would read alike, the later in the alphabet gets a number.
    pub(super) fn of(module: &'static str, shapes: &'c BTreeMap<String, Shape>) -> Self {
        let mut names: BTreeMap<&str, Ident> = BTreeMap::new();
        for name in shapes.keys() {
            let wanted = static_name(name);
            let taken = |candidate: &str| names.values().any(|known| known == candidate);
            let mut free = wanted.clone();
            for number in 2..shapes.len() + 2 {
                if !taken(&free) {
                    break;
                }
                free = format!("{wanted}_{number}");
            }
            names.insert(name, ident(&free));
        }
        Self { module, names }
    }

    fn get(&self, name: &str) -> Ident {
        self.names.get(name).cloned().unwrap_or_else(|| ident(&static_name(name)))
    }
}

/// `PatientInput` to `PATIENT_INPUT`.
fn static_name(name: &str) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for char in name.chars() {
        if char.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            text.push('_');
        }
        if char.is_ascii_alphanumeric() {
            text.push(char.to_ascii_uppercase());
        } else if !text.ends_with('_') {
            text.push('_');
        }
        before = char;
    }
    if text.starts_with(|char: char| char.is_ascii_digit()) || text.trim_matches('_').is_empty() {
        text.insert_str(0, "SHAPE_");
    }
    text
}

/// Writes shapes; in the shapes file itself names stand bare.
pub(super) struct Writer<'a, 'c> {
    pub(super) names: &'a Names<'c>,
    pub(super) vocabulary: &'a mut Vocabulary,
    /// Whether this is the file that declares the names.
    pub(super) at_home: bool,
    /// How deep the expression stands, in spaces; continued text is indented by it.
    pub(super) indent: usize,
}

impl Writer<'_, '_> {
    pub(super) fn emit(&mut self, shape: &Shape) -> TokenStream {
        match shape {
            Shape::Any => self.call("any", &TokenStream::new()),
            Shape::File => self.call("file", &TokenStream::new()),
            Shape::Boolean => self.call("boolean", &TokenStream::new()),
            Shape::Integer(bounds) => self.integer(bounds),
            Shape::Number(bounds) => self.number(bounds),
            Shape::Text(bounds) => self.text(bounds),
            Shape::List(list) => self.list(list),
            Shape::Object(object) => self.object(object),
            Shape::Words(words) => self.call("one_of", &quote!(&[#(#words),*])),
            Shape::Literals(literals) => {
                let literals = literals.iter().map(|literal| json(literal));
                self.call("literals", &quote!(&[#(#literals),*]))
            }
            Shape::AnyOf(shapes) => {
                let shapes: Vec<TokenStream> = shapes.iter().map(|shape| self.emit(shape)).collect();
                self.call("any_of", &quote!(&[#(#shapes),*]))
            }
            Shape::Nullable(inner) => {
                let inner = self.emit(inner);
                self.call("nullable", &quote!(&#inner))
            }
            Shape::Named(name) => {
                let name = self.names.get(name);
                if self.at_home {
                    self.call("named", &quote!(&#name))
                } else {
                    let module = self.vocabulary.sibling(self.names.module);
                    self.call("named", &quote!(&#module::#name))
                }
            }
        }
    }

    fn call(&mut self, name: &str, argument: &TokenStream) -> TokenStream {
        let name = self.vocabulary.shape(name);
        quote!(#name(#argument))
    }

    fn integer(&mut self, bounds: &Integer) -> TokenStream {
        // With one of the two bounds tightened it is still best read as what it is.
        let is_of = |least: i128, greatest: i128| {
            let within = bounds.min.is_some_and(|min| min >= least) && bounds.max.is_some_and(|max| max <= greatest);
            within && (bounds.min == Some(least) && least != 0 || bounds.max == Some(greatest))
        };
        let width = WIDTHS.iter().find(|(_, least, greatest)| is_of(*least, *greatest));
        let mut shape = self.call(width.map_or("integer", |(name, ..)| name), &TokenStream::new());
        let min = bounds.min.filter(|min| width.is_none_or(|(_, least, _)| min != least));
        let max = bounds.max.filter(|max| width.is_none_or(|(_, _, greatest)| max != greatest));
        for (method, bound) in [("min", min), ("max", max), ("multiple_of", bounds.multiple_of)] {
            if let Some(bound) = bound {
                let (method, bound) = (ident(method), signed(bound));
                shape = quote!(#shape.#method(#bound));
            }
        }
        shape
    }

    fn number(&mut self, bounds: &Number) -> TokenStream {
        let mut shape = self.call("number", &TokenStream::new());
        let bounds =
            [("at_least", bounds.min), ("at_most", bounds.max), ("above", bounds.above), ("below", bounds.below)];
        for (method, bound) in bounds {
            if let Some(bound) = bound {
                let method = ident(method);
                let digits = Literal::f64_unsuffixed(bound.abs());
                let sign = (bound < 0.0).then(|| quote!(-));
                shape = quote!(#shape.#method(#sign #digits));
            }
        }
        shape
    }

    fn text(&mut self, bounds: &Text) -> TokenStream {
        let mut shape = self.call("text", &TokenStream::new());
        if bounds.chars_min > 0 {
            let count = count(bounds.chars_min);
            shape = quote!(#shape.chars_min(#count));
        }
        if let Some(max) = bounds.chars_max {
            let count = count(max);
            shape = quote!(#shape.chars_max(#count));
        }
        if !bounds.pattern.is_empty() {
            let pattern = json(&bounds.pattern);
            shape = quote!(#shape.pattern(#pattern));
        }
        if !bounds.format.is_empty() {
            let format = &bounds.format;
            shape = quote!(#shape.format(#format));
        }
        shape
    }

    fn list(&mut self, list: &List) -> TokenStream {
        let items = self.emit(&list.items);
        let mut shape = self.call("list_of", &quote!(&#items));
        if list.items_min > 0 {
            let count = count(list.items_min);
            shape = quote!(#shape.items_min(#count));
        }
        if let Some(max) = list.items_max {
            let count = count(max);
            shape = quote!(#shape.items_max(#count));
        }
        if list.unique {
            shape = quote!(#shape.unique());
        }
        shape
    }

    fn object(&mut self, object: &Object) -> TokenStream {
        self.indent += 4;
        let properties: Vec<TokenStream> = object.properties.iter().map(|property| self.property(property)).collect();
        self.indent -= 4;
        let mut shape = self.call("object_of", &quote!(&[#(#properties),*]));
        if let Some(rest) = &object.rest {
            let rest = self.emit(rest);
            shape = quote!(#shape.rest(&#rest));
        }
        if object.properties_min > 0 {
            let count = count(object.properties_min);
            shape = quote!(#shape.properties_min(#count));
        }
        if let Some(max) = object.properties_max {
            let count = count(max);
            shape = quote!(#shape.properties_max(#count));
        }
        shape
    }

    fn property(&mut self, property: &Property) -> TokenStream {
        let kind = self.vocabulary.shape(if property.required { "required" } else { "optional" });
        let name = &property.name;
        let shape = self.emit(&property.shape);
        let about = (!property.description.is_empty()).then(|| {
            let text = string(&property.description, self.indent + 4);
            quote!(.about(#text))
        });
        quote!(#kind(#name, #shape)#about)
    }
}

/// Functions of the contract for integers of a width, and their bounds.
const WIDTHS: &[(&str, i128, i128)] = &[
    ("uint32", 0, u32::MAX as i128),
    ("int32", i32::MIN as i128, i32::MAX as i128),
    ("uint64", 0, u64::MAX as i128),
    ("int64", i64::MIN as i128, i64::MAX as i128),
];

fn count(value: u64) -> Literal {
    Literal::u64_unsuffixed(value)
}

fn signed(value: i128) -> TokenStream {
    let digits = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#digits) } else { quote!(#digits) }
}

/// A file of named shapes.
pub(super) fn emit_named(
    catalog: &Catalog,
    about: &str,
    shapes: &BTreeMap<String, Shape>,
    names: &Names<'_>,
) -> Module {
    let header = vec![super::catalog::generated_from(catalog)];
    let mut module = Module::new(header, vec![about.to_owned()]);
    let mut vocabulary = Vocabulary::default();
    let named = vocabulary.shape("Named");
    let mut items = Vec::new();
    for (name, shape) in shapes {
        let mut writer = Writer { names, vocabulary: &mut vocabulary, at_home: true, indent: 4 };
        let shape = writer.emit(shape);
        let documentation = documentation(&[format!("`{name}`")]);
        let ident = names.get(name);
        items.push(quote!(#documentation pub(super) static #ident: #named = #named { name: #name, shape: #shape };));
    }
    vocabulary.imports().into_iter().chain(items).for_each(|item| module.push(item));
    module
}

#[cfg(test)]
mod tests {
    use super::static_name;

    #[test]
    fn static_names_read_like_the_document() {
        for (name, wanted) in [
            ("PatientInput", "PATIENT_INPUT"),
            ("qdrant-Filter", "QDRANT_FILTER"),
            ("a.b/c", "A_B_C"),
            ("2FA", "SHAPE_2_FA"),
            ("HTTPCode", "HTTPCODE"),
            ("ü", "SHAPE__"),
        ] {
            assert_eq!(static_name(name), wanted);
        }
    }
}
