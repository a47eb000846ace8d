//! SQL expressions of project files.

use polars::prelude::Expr;
use polars::sql::sql_expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::parquet::first_line;

/// Words that give an expression its structure; quoted for the user only if the expression makes no sense otherwise.
const STRUCTURE: [&str; 22] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "like",
    "between",
    "case",
    "when",
    "then",
    "else",
    "end",
    "as",
    "cast",
    "true",
    "false",
    "interval",
    "date",
    "timestamp",
    "ilike",
    "escape",
];

/// Reads an SQL expression over columns named `columns`. A bare word that is one of them is that column, also where SQL
/// reserves the word (`order`).
///
/// # Errors
/// What is wrong with the expression.
pub fn expression(sql: &str, columns: &[String]) -> Result<Expr, String> {
    let attempt = |text: &str| sql_expr(text).map_err(|error| first_line(&error.to_string()));
    let gently = quoted(sql, columns, false)?;
    attempt(&gently).or_else(|error| {
        let firmly = quoted(sql, columns, true)?;
        if firmly == gently { Err(error) } else { attempt(&firmly).map_err(|_| error) }
    })
}

/// The expression with its column names in double quotes where SQL needs them.
fn quoted(sql: &str, columns: &[String], firmly: bool) -> Result<String, String> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().map_err(|error| error.to_string())?;
    let mut text = String::with_capacity(sql.len() + 8);
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens[index + 1..].iter().find(|token| !matches!(token, Token::Whitespace(_)));
        match token {
            Token::Word(word)
                if word.quote_style.is_none()
                    && !matches!(next, Some(Token::LParen))
                    && columns.contains(&word.value)
                    && (firmly || !STRUCTURE.contains(&word.value.to_lowercase().as_str())) =>
            {
                text.push('"');
                text.push_str(&word.value);
                text.push('"');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    Ok(text)
}

/// Names of the columns an expression reads.
#[must_use]
pub fn columns_of(expression: &Expr) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in expression {
        if let Expr::Column(name) = part
            && !names.iter().any(|known| known == name.as_str())
        {
            names.push(name.to_string());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_bare_word_that_sql_reserves_is_the_column() {
        let expression = expression("order || '-' || item", &names(&["order", "item"])).expect("reads");
        assert_eq!(columns_of(&expression), ["order", "item"]);
    }

    #[test]
    fn case_when_stays_structure_although_a_column_is_called_end() {
        let columns = names(&["end", "amount"]);
        let read = expression("case when amount > 0 then 1 else 0 end", &columns).expect("reads");
        assert_eq!(columns_of(&read), ["amount"]);
        let read = expression("end", &columns).expect("reads");
        assert_eq!(columns_of(&read), ["end"]);
    }

    #[test]
    fn nonsense_is_refused_with_what_is_wrong() {
        assert!(expression("amount >", &names(&["amount"])).is_err());
        assert!(expression("amount; drop", &names(&["amount"])).is_err());
    }
}
