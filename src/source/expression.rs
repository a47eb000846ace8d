//! SQL expressions of project files as polars expressions.

use polars::prelude::Expr;
use polars::sql::sql_expr;

use super::parquet::first_line;
use crate::project::sql;

/// Reads an SQL expression over columns named `columns`. A bare word that is one of them is that column, also where SQL
/// reserves the word (`order`).
///
/// # Errors
/// What is wrong with the expression.
pub fn expression(text: &str, columns: &[String]) -> Result<Expr, String> {
    sql_expr(sql::quoted(text, columns)?).map_err(|error| first_line(&error.to_string()))
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

    #[test]
    fn a_bare_word_that_sql_reserves_is_the_column() {
        let columns = ["order".to_owned(), "item".to_owned()];
        let expression = expression("order || '-' || item", &columns).expect("reads");
        assert_eq!(columns_of(&expression), ["order", "item"]);
    }
}
