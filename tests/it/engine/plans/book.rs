//! The address book.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

fn names(page: &Value) -> Vec<&str> {
    let names =
        page["data"].as_array().expect("a page").iter().filter_map(|contact| contact["name"].as_str());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

// proves: address_book.list, address_book.get, address_book.update, address_book.delete
#[tokio::test]
async fn capability_address_book_create_survives_a_crash_and_is_found_by_words_and_tags() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let add = |body: Value| gateway.api().post("/v1/contacts", &body).send();
    let nora = json!({"phone": "+966501234567", "name": "Nóra Ali", "tags": ["vip", "north"], "custom": {"city": "Riyadh"}});
    let nora = add(nora).await.expect(201);
    add(json!({"phone": "+966501234568", "name": "Omar Noor", "tags": ["north"]})).await.expect(201);
    add(json!({"phone": "966501234567", "name": "Somebody"})).await.expect_problem(409, "NAME_TAKEN");
    add(json!({"phone": "nobody"})).await.expect_problem(422, "VALIDATION");
    gateway.kill9();
    gateway.restart().await;
    let id = nora["id"].as_str().expect("an id").to_owned();
    let list =
        async |query: &str| gateway.api().get(&format!("/v1/contacts?{query}")).send().await.expect(200);
    assert_eq!(names(&list("search=no").await), ["Nóra Ali", "Omar Noor"]);
    assert_eq!(names(&list("search=NORA").await), ["Nóra Ali"]);
    assert_eq!(names(&list("search=96650123456").await), ["Nóra Ali", "Omar Noor"]);
    assert_eq!(names(&list("tag=vip").await), ["Nóra Ali"]);
    assert_eq!(names(&list("search=no&tag=vip").await), ["Nóra Ali"]);
    let first = list("limit=1").await;
    let cursor = first["next_cursor"].as_str().expect("there is more").to_owned();
    assert_ne!(names(&first), names(&list(&format!("limit=1&cursor={cursor}")).await));
    let path = format!("/v1/contacts/{id}");
    let patch = json!({"name": null, "tags": ["south"]});
    gateway.api().request(Method::PATCH, &path).json(&patch).send().await.expect(200);
    let shown = gateway.api().get(&path).send().await.expect(200);
    assert_eq!(
        (&shown["name"], &shown["tags"], &shown["custom"]["city"]),
        (&Value::Null, &json!(["south"]), &json!("Riyadh"))
    );
    assert_eq!(names(&list("search=nora").await), Vec::<&str>::new());
    assert_eq!(list("tag=vip").await["data"], json!([]));
    gateway.api().request(Method::DELETE, &path).send().await.expect(204);
    gateway.api().get(&path).send().await.expect_problem(404, "CONTACT_NOT_FOUND");
    assert_eq!(names(&list("").await), ["Omar Noor"]);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_address_book_import_keeps_the_good_rows_and_names_the_bad_ones() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let import = |content_type: &'static str, list: String| {
        gateway.api().request(Method::POST, "/v1/contacts/import").body(content_type, list).send()
    };
    let mut csv = "phone,name,tags,custom.city\n".to_owned();
    for number in 0..450 {
        csv.push_str(&format!("+9665012{number:05},\"Person, {number}\",a;b,Riyadh\n"));
    }
    csv.push_str("nobody,X,,\n+966501200000,Again,c,\n+966501200001\n");
    let report = import("text/csv", csv).await.expect(200);
    assert_eq!(
        (&report["rows"], &report["created"], &report["updated"], &report["bad"]),
        (&json!(453), &json!(450), &json!(1), &json!(2))
    );
    assert_eq!(
        (&report["errors"][0]["row"], &report["errors"][0]["field"]),
        (&json!(451), &json!("phone")),
        "{report}"
    );
    assert_eq!(report["errors"][1]["row"], 453, "{report}");
    let again = gateway.api().get("/v1/contacts?search=again").send().await.expect(200);
    assert_eq!(again["data"][0]["tags"], json!(["a", "b", "c"]), "what was there stays");
    let lines = "{\"phone\":\"+966501300000\",\"name\":\"Json\",\"tags\":[\"j\"]}\n{\"phone\":\"+966501300001\",\"age\":4}\n";
    let report = import("application/x-ndjson", lines.to_owned()).await.expect(200);
    assert_eq!((&report["created"], &report["bad"]), (&json!(1), &json!(1)), "{report}");
    import("image/png", "x".to_owned()).await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    gateway.finish().await;
    world.finish().await;
}
