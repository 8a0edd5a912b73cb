// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! Shapes that the document names, as far as tools send them.

use airlock_contract::shape::{
    any, any_of, integer, list_of, literals, named, nullable, number, object_of,
    optional, required, text, Named,
};

/// `Part`
pub(super) static PART: Named = Named {
    name: "Part",
    shape: object_of(&[
        required("name", text().chars_min(1))
            .about(
                "What is printed on the box: a \"name\", with */ and \\ in it, long enough that \
                    the literal has to be continued.",
            ),
        optional("count", nullable(&integer().min(-5).multiple_of(5))),
        optional(
            "size",
            any_of(&[
                text().pattern(r"^\d+x\d+$"),
                list_of(&number()).items_min(2).items_max(2),
            ]),
        ),
        optional("parts", list_of(&named(&PART))),
        optional("labels", object_of(&[]).rest(&text())),
        optional("grade", nullable(&literals(&["1", "2.5", r#""x""#]))),
        required("serial", any()),
    ]),
};
