//! Bodies of the kinds that rules are written for, made up: issues of a tracker (many keys, long texts), pods of a cluster
//! (deep), a bundle of laboratory results (many small parts).

use serde_json::{Value, json};

/// A body of about so many bytes, minified.
pub(crate) fn of(kind: &str, bytes: usize) -> String {
    let one = |number: usize| match kind {
        "issues" => issue(number),
        "pods" => pod(number),
        _ => observation(number),
    };
    let mut items = Vec::new();
    let mut length = 0;
    while length < bytes {
        let mut item = one(items.len());
        if bytes < 10_000
            && let Some(body) = item.get_mut("body")
        {
            *body = "Short.".into();
        }
        length += item.to_string().len();
        items.push(item);
    }
    match kind {
        "issues" => json!({"total_count": items.len(), "incomplete_results": false, "items": items}),
        "pods" => {
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "771"}, "items": items})
        }
        _ => json!({"resourceType": "Bundle", "type": "searchset", "total": items.len(), "entry": items}),
    }
    .to_string()
}

fn user(number: usize) -> Value {
    let name = format!("user{}", number % 37);
    let at = |path: &str| format!("https://tracker.example/api/users/{name}{path}");
    json!({
        "login": name, "id": 100_000 + number % 37, "node_id": format!("MDQ6VXNlcjEwMDA{}", number % 37),
        "avatar_url": format!("https://avatars.tracker.example/u/{}?v=4", number % 37), "url": at(""),
        "html_url": format!("https://tracker.example/{name}"), "followers_url": at("/followers"),
        "following_url": at("/following{/other_user}"), "repos_url": at("/repos"), "events_url": at("/events{/privacy}"),
        "type": "User", "site_admin": number.is_multiple_of(11),
    })
}

fn issue(number: usize) -> Value {
    let at = |path: &str| format!("https://tracker.example/api/repos/ward/board/issues/{number}{path}");
    let labels: Vec<Value> = (0..number % 4)
        .map(|label| {
            json!({"id": 200 + label, "node_id": format!("LA{label}"), "url": at(&format!("/labels/{label}")),
                "name": (["bug", "needs triage", "good first issue", "été"][label]), "color": "d73a4a", "default": label == 0,
                "description": "Something that is not as it should be"})
        })
        .collect();
    let body = "The pump on ward 3 shows \"E-17\" after a restart.\r\n\r\n1. switch it off\r\n2. wait\r\n3. switch it on\r\n\r\n\
        ```\nerror: no answer from the sensor\n```\n"
        .repeat(1 + number % 19);
    json!({
        "url": at(""), "repository_url": "https://tracker.example/api/repos/ward/board", "labels_url": at("/labels{/name}"),
        "comments_url": at("/comments"), "events_url": at("/events"),
        "html_url": format!("https://tracker.example/ward/board/issues/{number}"), "id": 900_000_000 + number,
        "node_id": format!("I_kwDOA{number}"), "number": number, "title": format!("Pump {number} shows an error after a restart"),
        "user": user(number), "labels": labels, "state": if number.is_multiple_of(3) { "closed" } else { "open" },
        "locked": false, "assignee": if number.is_multiple_of(5) { user(number + 1) } else { Value::Null },
        "assignees": [user(number + 1)], "milestone": null, "comments": number * 7 % 13,
        "created_at": format!("2026-0{}-1{}T08:00:00Z", 1 + number % 9, number % 10),
        "updated_at": format!("2026-0{}-2{}T09:{:02}:00Z", 1 + number % 9, number % 9, number % 60), "closed_at": null,
        "author_association": "MEMBER", "active_lock_reason": null, "body": body,
        "reactions": {"total_count": number % 5, "+1": number % 5, "-1": 0, "laugh": 0, "hooray": 0, "heart": 0},
        "timeline_url": at("/timeline"), "performed_via_app": null, "state_reason": null, "score": 1.0,
    })
}

fn pod(number: usize) -> Value {
    let container = |place: usize| {
        json!({"name": format!("container-{place}"), "image": format!("registry.local/ward/service:{number}"),
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "env": (0..6).map(|variable| json!({"name": format!("SETTING_{variable}"), "value": format!("{}", number * variable)})).collect::<Vec<_>>(),
            "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "token", "mountPath": "/var/run/token", "readOnly": true}]})
    };
    let status = |place: usize| {
        json!({"name": format!("container-{place}"), "ready": true, "restartCount": (number + place) % 4,
            "image": format!("registry.local/ward/service:{number}"), "imageID": format!("sha256:{:064x}", number),
            "state": {"running": {"startedAt": "2026-03-01T10:00:00Z"}}, "lastState": {}})
    };
    json!({
        "metadata": {"name": format!("service-{number}"), "namespace": "ward", "uid": format!("{number:032x}"),
            "labels": {"app": "service", "pod-template-hash": "5d4f8c7b9"},
            "annotations": {"checksum/config": format!("{number:064x}")},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "service-5d4f8c7b9", "controller": true}]},
        "spec": {"containers": [container(0), container(1)], "nodeName": format!("node-{}", number % 7),
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]},
        "status": {"phase": if number.is_multiple_of(9) { "Pending" } else { "Running" }, "podIP": format!("10.0.0.{}", number % 250),
            "conditions": (0..4).map(|kind| json!({"type": (["Initialized", "Ready", "ContainersReady", "PodScheduled"][kind]), "status": "True", "lastTransitionTime": "2026-03-01T10:00:00Z"})).collect::<Vec<_>>(),
            "containerStatuses": [status(0), status(1)]},
    })
}

fn observation(number: usize) -> Value {
    json!({
        "fullUrl": format!("https://lab.example/fhir/Observation/{number}"),
        "resource": {
            "resourceType": "Observation", "id": format!("o{number}"),
            "meta": {"versionId": "1", "lastUpdated": "2026-03-01T10:00:00.000+00:00", "profile": ["https://lab.example/profile/observation"]},
            "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">Potassium in serum</div>"},
            "identifier": [{"system": "https://lab.example/ids", "value": format!("{number:08}")}], "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory", "display": "Laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3", "display": "Potassium [Moles/volume] in Serum or Plasma"}], "text": "Potassium"},
            "subject": {"reference": format!("Patient/p{}", number % 40)}, "effectiveDateTime": "2026-03-01T09:30:00+01:00",
            "valueQuantity": {"value": 3.1 + f64::from(u32::try_from(number % 30).unwrap_or_default()) / 10.0, "unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
            "interpretation": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "N"}]}],
            "referenceRange": [{"low": {"value": 3.5, "unit": "mmol/l"}, "high": {"value": 5.1, "unit": "mmol/l"}}],
        },
        "search": {"mode": "match"},
    })
}
