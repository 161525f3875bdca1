//! Whether an answer is like the one that a reference prints.
//!
//! Everything that is printed has to be there with the value that is printed. The members whose values are those of the moment are
//! named: of them the type counts, and of times the form. What we answer beyond that is ours.

use serde_json::Value;

/// The first thing in which `ours` is not like what is `printed`. `varying` names members, as `member` or, below another one, as
/// `outer.member`; with `?` behind it, it may be null as well. A list that varies has as many items as it likes, each like the first
/// that is printed.
pub fn unlike(printed: &Value, ours: &Value, varying: &[&str]) -> Option<String> {
    compared(printed, ours, &Place { outer: "", member: "" }, varying)
}

/// Where in the answer.
#[derive(Clone, Copy)]
struct Place<'a> {
    outer: &'a str,
    member: &'a str,
}

impl Place<'_> {
    /// Whether it varies, and whether it may be null.
    fn varies(&self, varying: &[&str]) -> (bool, bool) {
        let whole = format!("{}.{}", self.outer, self.member);
        let is_here = |name: &str| name == self.member || name == whole;
        let named = |mark: &str| varying.iter().any(|name| name.strip_suffix(mark).is_some_and(is_here));
        (named("") || named("?"), named("?"))
    }
}

fn compared(printed: &Value, ours: &Value, place: &Place<'_>, varying: &[&str]) -> Option<String> {
    let (varies, may_be_null) = place.varies(varying);
    if may_be_null && ours.is_null() {
        return None;
    }
    match (printed, ours) {
        (Value::Object(printed), Value::Object(ours)) => printed.iter().find_map(|(member, value)| {
            let place = Place { outer: place.member, member };
            match ours.get(member) {
                Some(ours) => compared(value, ours, &place, varying),
                None => Some(format!("`{}.{member}` is missing", place.outer)),
            }
        }),
        (Value::Array(printed), Value::Array(ours)) if varies => {
            let first = printed.first()?;
            ours.iter().find_map(|item| compared(first, item, place, varying))
        }
        (Value::Array(printed), Value::Array(ours)) if printed.len() == ours.len() => {
            printed.iter().zip(ours).find_map(|(printed, ours)| compared(printed, ours, place, varying))
        }
        (Value::String(printed), Value::String(ours)) if varies => {
            let differs = ours.is_empty() || (is_time(printed) && form(printed) != form(ours));
            differs.then(|| format!("`{}` is {ours:?}, not of the form {printed:?}", place.member))
        }
        (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) if varies => None,
        _ => (printed != ours).then(|| format!("`{}` is {ours}, not {printed}", place.member)),
    }
}

/// Whether a text is a time as JSON has them.
fn is_time(text: &str) -> bool {
    form(text).starts_with("0000-00-00T00:00:00")
}

fn form(text: &str) -> String {
    text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_printed_has_to_be_there() {
        let printed = json!({
            "success": true,
            "data": {
                "id": 7, "at": "2025-01-15T10:30:00.000000Z", "name": "x", "of": { "name": "y" }, "none": null,
                "items": [{ "n": 1 }],
            },
        });
        let check = |change: &dyn Fn(&mut Value), varying: &[&str], alike: bool| {
            let mut ours = printed.clone();
            change(&mut ours);
            let found = unlike(&printed, &ours, varying);
            assert_eq!(found.is_none(), alike, "{ours}: {found:?}");
        };
        check(&|_| (), &[], true);
        check(&|ours| ours["more"] = 1.into(), &[], true);
        check(&|ours| ours["success"] = false.into(), &[], false);
        check(&|ours| ours["data"]["id"] = 8.into(), &[], false);
        check(&|ours| ours["data"]["id"] = 8.into(), &["id"], true);
        check(&|ours| ours["data"]["id"] = "8".into(), &["id"], false);
        check(&|ours| ours["data"]["id"] = Value::Null, &["id"], false);
        check(&|ours| ours["data"]["id"] = Value::Null, &["id?"], true);
        check(&|ours| ours["data"]["at"] = "2026-11-22T08:00:00.123456Z".into(), &["at"], true);
        check(&|ours| ours["data"]["at"] = "2026-11-22T08:00:00Z".into(), &["at"], false);
        check(&|ours| ours["data"]["of"]["name"] = "z".into(), &["of.name"], true);
        check(&|ours| ours["data"]["name"] = "z".into(), &["of.name"], false);
        check(&|ours| ours["data"]["none"] = 1.into(), &[], false);
        check(&|ours| drop(ours["data"].as_object_mut().and_then(|data| data.remove("name"))), &[], false);
        check(&|ours| ours["data"]["items"] = json!([{ "n": 1 }, { "n": 1 }]), &[], false);
        check(&|ours| ours["data"]["items"] = json!([{ "n": 1 }, { "n": 2 }]), &["items", "n"], true);
        check(&|ours| ours["data"]["items"] = json!([{ "n": 1 }, {}]), &["items"], false);
    }
}
