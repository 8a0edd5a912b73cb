// @generated from catalogs/clinic. Do not edit: run `airlock compile`.

//! Shapes that the document names, as far as answers are made of them.

use airlock_contract::shape::{one_of, Named};

/// `Test`
pub(super) static TEST: Named = Named {
    name: "Test",
    shape: one_of(&[
        "potassium",
        "sodium",
        "creatinine",
        "glucose",
        "haemoglobin",
        "heart_rate",
        "blood_pressure",
        "temperature",
        "oxygen_saturation",
    ]),
};
