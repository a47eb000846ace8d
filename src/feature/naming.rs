//! Feature names in the words people use: `orders_90` is "orders in the last 90 days", `last_nps` "last NPS".

/// Words that are written in capitals.
const ABBREVIATIONS: [&str; 4] = ["ces", "csat", "mrr", "nps"];

/// The name without its window, and the window: `orders_90` → (`orders`, `90`).
#[must_use]
pub fn window(name: &str) -> (&str, Option<&str>) {
    let is_window = |part: &str| part == "all" || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match name.rsplit_once('_') {
        Some((what, part)) if is_window(part) => (what, Some(part)),
        _ => (name, None),
    }
}

/// The window, to follow what is counted: ` in the last 90 days`, ` so far`, or nothing.
#[must_use]
pub fn period(window: Option<&str>) -> String {
    match window {
        Some("all") => " so far".to_owned(),
        Some(days) => format!(" in the last {days} days"),
        None => String::new(),
    }
}

/// A name as words: `n_chat` is how often `chat` happened, abbreviations are written as such.
#[must_use]
pub fn words(name: &str) -> String {
    let said = |word: &str| {
        if ABBREVIATIONS.contains(&word) { word.to_uppercase() } else { word.to_owned() }
    };
    name.strip_prefix("n_").unwrap_or(name).split('_').map(said).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_people_say_them() {
        let told = |name: &str| {
            let (what, days) = window(name);
            words(what) + &period(days)
        };
        assert_eq!(told("orders_90"), "orders in the last 90 days");
        assert_eq!(told("revenue_all"), "revenue so far");
        assert_eq!(told("n_chat_30"), "chat in the last 30 days");
        assert_eq!(told("last_nps"), "last NPS");
    }
}
