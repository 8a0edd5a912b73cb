// @generated from catalogs/clinic. Do not edit: run `airlock compile`.

//! Shapes that the document names, as far as tools send them.

use airlock_contract::shape::{
    integer, object_of, one_of, optional, required, text, Named,
};

/// `Cancellation`
pub(super) static CANCELLATION: Named = Named {
    name: "Cancellation",
    shape: object_of(&[
        required(
                "reason",
                one_of(&[
                    "patient_request",
                    "patient_ill",
                    "practitioner_unavailable",
                    "booked_by_mistake",
                ]),
            )
            .about("Who or what is the cause."),
    ]),
};

/// `NewAppointment`
pub(super) static NEW_APPOINTMENT: Named = Named {
    name: "NewAppointment",
    shape: object_of(&[
        required("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
        required("practitioner_id", text().pattern("^DR[0-9]{2}$"))
            .about("Identifier of the practitioner."),
        required(
                "kind",
                one_of(&["check_up", "follow_up", "imaging", "therapy", "procedure"]),
            )
            .about("What the appointment is for."),
        required("start", text().format("date-time"))
            .about("When it begins, with the offset from UTC."),
        required("minutes", integer().min(10).max(240)).about("How long it takes."),
        required("reason", text().chars_min(3).chars_max(200))
            .about("Why, in plain words."),
        optional("notes", text().chars_max(500)).about("A remark for the staff."),
    ]),
};

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
