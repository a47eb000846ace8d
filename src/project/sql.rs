//! SQL expressions of project files: names that SQL reserves are quoted, syntax and names are checked. No frames here.

use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

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

/// The expression with bare words that are `columns` in double quotes where SQL needs them, syntax checked.
///
/// # Errors
/// What is wrong with the expression.
pub fn quoted(sql: &str, columns: &[String]) -> Result<String, String> {
    if let Some(column) = columns.iter().find(|column| *column == sql.trim()) {
        return Ok(format!("\"{}\"", column.replace('"', "\"\"")));
    }
    let gently = with_quotes(sql, columns, false)?;
    let Err(error) = syntax(&gently) else { return Ok(gently) };
    let firmly = with_quotes(sql, columns, true)?;
    if firmly != gently && syntax(&firmly).is_ok() { Ok(firmly) } else { Err(error) }
}

/// Names in the expression that are neither columns nor words of SQL.
#[must_use]
pub fn unknown_names(sql: &str, columns: &[String]) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Vec::new() };
    let mut unknown: Vec<String> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let is_name = word.quote_style.is_some() || word.keyword == Keyword::NoKeyword;
        let is_call = matches!(following(&tokens, index), Some(Token::LParen));
        if is_name && !is_call && !columns.contains(&word.value) && !unknown.contains(&word.value) {
            unknown.push(word.value.clone());
        }
    }
    unknown
}

/// Whether the text may be meant as a column's name rather than as an expression.
#[must_use]
pub fn is_plain_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_alphanumeric() || " _-.".contains(letter))
        && text.chars().any(char::is_alphabetic)
}

fn syntax(sql: &str) -> Result<(), String> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(sql).map_err(|error| plain(&error))?;
    parser.parse_expr().map_err(|error| plain(&error))?;
    match parser.peek_token().token {
        Token::EOF => Ok(()),
        surplus => Err(format!("`{surplus}` does not belong here")),
    }
}

fn plain(error: &sqlparser::parser::ParserError) -> String {
    let text = error.to_string();
    text.trim_start_matches("sql parser error: ").replace(" at Line: 1, Column: ", " at character ")
}

fn with_quotes(sql: &str, columns: &[String], firmly: bool) -> Result<String, String> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().map_err(|error| error.to_string())?;
    let mut text = String::with_capacity(sql.len() + 8);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word)
                if word.quote_style.is_none()
                    && columns.contains(&word.value)
                    && !matches!(following(&tokens, index), Some(Token::LParen))
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

/// The next token that is not white space.
fn following(tokens: &[Token], index: usize) -> Option<&Token> {
    tokens[index + 1..].iter().find(|token| !matches!(token, Token::Whitespace(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn reserved_names_are_quoted_and_structure_is_not() {
        assert_eq!(quoted("order || 'x'", &names(&["order"])).as_deref(), Ok("\"order\" || 'x'"));
        let columns = names(&["end", "amount"]);
        let read = quoted("case when amount > 0 then 1 else 0 end", &columns);
        assert_eq!(read.as_deref(), Ok("case when \"amount\" > 0 then 1 else 0 end"));
        assert_eq!(quoted("end", &columns).as_deref(), Ok("\"end\""));
    }

    #[test]
    fn nonsense_is_refused_with_what_is_wrong() {
        let columns = names(&["amount"]);
        assert_eq!(quoted("amount >", &columns), Err("Expected: an expression, found: EOF".to_owned()));
        assert_eq!(quoted("amount > 0 amount", &columns), Err("`\"amount\"` does not belong here".to_owned()));
    }

    #[test]
    fn names_that_are_no_columns_are_found() {
        let columns = names(&["amount", "kind"]);
        assert_eq!(unknown_names("lower(kind) = 'a' AND amout > 0 OR \"Kind\" IS NULL", &columns), ["amout", "Kind"]);
    }
}
