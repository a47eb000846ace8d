//! How the world calls canonical columns: English, German, French and Spanish, and the exports of common systems.
//!
//! A header is compared three times, each time for all names in their order: as written without case, accents, blanks
//! and signs (`Customer ID`, `customerId` and `customer_id` are alike); without words that only say a unit or a zone
//! (`net_amount`, `Total (USD)`, `Created date (UTC)`); and last by the words it is made of (`purchase_sum_total`).

mod columns;

pub(super) use columns::NAMES;

/// A canonical column and its names, likeliest first.
pub(super) type Names = (&'static str, &'static [&'static str]);

/// Words that say a unit, a currency, a zone or how something was reckoned: left out of the second comparison.
const ADDED: [&str; 28] = [
    "usd", "eur", "gbp", "chf", "jpy", "krw", "cad", "aud", "twd", "inr", "brl", "mxn", "sek", "utc", "gmt", "cet",
    "est", "pst", "local", "net", "gross", "netto", "brutto", "incl", "excl", "custom", "c", "raw",
];

/// Words of which an amount of money is made, and words that make it something else.
const MONEY: [&str; 18] = [
    "amount", "total", "revenue", "sales", "turnover", "spend", "spent", "price", "paid", "value", "betrag", "umsatz",
    "summe", "montant", "prix", "importe", "monto", "precio",
];
const NOT_MONEY: [&str; 26] = [
    "discount", "tax", "taxes", "vat", "shipping", "freight", "refunded", "refund", "fee", "fees", "count", "orders",
    "quantity", "qty", "points", "id", "number", "items", "rate", "share", "unit", "units", "percent", "tip", "margin",
    "cost",
];
/// Words of who a customer is, and words that make it a name for him.
const PEOPLE: [&str; 17] = [
    "customer",
    "client",
    "user",
    "member",
    "account",
    "household",
    "buyer",
    "subscriber",
    "contact",
    "shopper",
    "guest",
    "player",
    "kunde",
    "kunden",
    "cliente",
    "cust",
    "usuario",
];
const IDENTITY: [&str; 12] =
    ["id", "ids", "number", "no", "nr", "num", "code", "key", "uuid", "guid", "nummer", "numero"];

/// A header without case, accents, blanks and signs; the mark of a custom field is dropped.
pub(super) fn plain(header: &str) -> String {
    words(header.trim_end_matches("__c")).concat()
}

/// The header without words that only say a unit or a zone.
pub(super) fn core(header: &str) -> String {
    let kept = words(header).into_iter().filter(|word| !ADDED.contains(&word.as_str()));
    kept.collect::<Vec<_>>().concat()
}

/// Whether the words of a header speak of the canonical column.
pub(super) fn speaks_of(header: &str, canonical: &str) -> bool {
    let words = words(header);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    match canonical {
        "amount" => has(&MONEY) && !has(&NOT_MONEY),
        "customer" => has(&PEOPLE) && has(&IDENTITY),
        _ => false,
    }
}

/// The words of a header: divided at signs and blanks, and where small letters turn into capitals.
fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut was_small = false;
    for letter in header.chars() {
        if !letter.is_alphanumeric() {
            // An apostrophe joins: d'achat is dachat.
            is_inside = is_inside && matches!(letter, '\'' | '’');
            was_small = false;
            continue;
        }
        if !is_inside || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase() || letter.is_numeric();
        is_inside = true;
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase().map(unaccented));
        }
    }
    words
}

fn unaccented(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ß' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_case_accents_and_signs() {
        for header in ["Customer ID", "customerId", "customer_id", "CUSTOMER-ID", "Customer_Id__c"] {
            assert_eq!(plain(header), "customerid", "{header}");
        }
        assert_eq!(plain("Date d'achat"), "datedachat");
        assert_eq!(plain("Kündigungsdatum"), "kundigungsdatum");
        assert_eq!(core("Created date (UTC)"), "createddate");
        assert_eq!(core("net_amount"), "amount");
        assert!(speaks_of("purchase_total_sum", "amount") && !speaks_of("discount_amount", "amount"));
        assert!(speaks_of("golden customer key", "customer") && !speaks_of("customer name", "customer"));
    }

    #[test]
    fn every_name_is_written_as_headers_are_compared() {
        for (canonical, names) in NAMES {
            for name in *names {
                assert_eq!(plain(name), *name, "of {canonical}");
            }
        }
    }
}
